//! `ApprovalService.ConfirmChange` runs a change's method again, as its proposer and with the confirmation of a second person. [`Context::mutate`] then
//! marks the change as confirmed in the transaction of the effect.

use access::{Caller, Role};
use db::RequestKey;
use proto::approval::v1 as pb;
use scope::ScopeKey;
use server::{ApiError, Call, Confirmation};
use tonic::{
    Status,
    client::Grpc,
    codec::{BufferSettings, Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
};

use super::{Api, ChangeId, PendingChange, Viewer, store, wire};
use crate::Error;

pub(super) async fn confirm_change(
    api: &Api,
    call: &Call,
    viewer: Viewer,
    id: ChangeId,
    key: RequestKey,
    validate_only: bool,
) -> Result<pb::ConfirmChangeResponse, Status> {
    let change = pending_change(api, &viewer.scope, &id).await?;
    change.check_confirmer(&viewer).map_err(|violation| ApiError::from(Error::from(violation)))?;
    let confirmation = Confirmation {
        change: id.as_str().to_owned(),
        proposer: change.proposer.clone(),
        confirmer: viewer.actor.clone(),
        key,
        validate_only,
    };
    let path = format!("/{}", change.method);
    let request = call.confirmed(&path, proposer(&change), confirmation, change.request.clone());
    let mut client = Grpc::new(api.routes.clone());
    let path = path.parse().expect("a stored method is a path");
    let answer = client.unary(request, path, Encoded).await?.into_inner();
    let change = pending_change(api, &viewer.scope, &id).await?;
    Ok(pb::ConfirmChangeResponse {
        response: Some(wire::response(&change.method, answer)),
        pending_change: Some((&change).into()),
    })
}

async fn pending_change(api: &Api, scope: &ScopeKey, id: &ChangeId) -> Result<PendingChange, ApiError> {
    let (scope, id) = (scope.clone(), id.clone());
    api.context.read(move |tx| Box::pin(async move { store::pending_change_by_id(tx, &scope, &id).await })).await
}

/// The proposer as a caller: its scope applies again. The actor comes from the confirmation, so its issuer and subject are not needed.
fn proposer(change: &PendingChange) -> Caller {
    let role: Role = change.proposer.role.parse().expect("a proposer's role was stored as its name");
    let acting_for = || Some(change.proposer.acting_for.clone());
    Caller {
        issuer: "".into(),
        hub: acting_for().filter(|_| role == Role::HubLead),
        school: acting_for().filter(|_| role == Role::School),
        person: acting_for().filter(|_| role == Role::Leader),
        ..Caller::new(role, "")
    }
}

/// Messages that are encoded already.
#[derive(Debug, Clone, Copy)]
struct Encoded;

impl Codec for Encoded {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for Encoded {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, message: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        prost::bytes::BufMut::put_slice(buffer, &message);
        Ok(())
    }

    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::default()
    }
}

impl Decoder for Encoded {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let mut message = vec![0; prost::bytes::Buf::remaining(buffer)];
        prost::bytes::Buf::copy_to_slice(buffer, &mut message);
        Ok(Some(message))
    }

    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::default()
    }
}
