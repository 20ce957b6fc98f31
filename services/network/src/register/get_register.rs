//! `RegisterService.GetRegister` gives the register that is served.

use db::Tx;
use proto::network::v1 as pb;
use server::ApiError;
use service::{Error, Resource};

use super::store;

pub(super) async fn get_register(tx: &mut Tx<'_>) -> Result<pb::GetRegisterResponse, Error> {
    let register = store::register_current(tx).await?;
    if register.version == 0 {
        return Err(ApiError::not_found(&register.name()).into());
    }
    Ok(pb::GetRegisterResponse { register: Some((&register).into()) })
}
