//! At the end of a year: what was recorded is collected, measured and published; DfE approves it once the year is over.

use std::sync::Arc;

use analytics::{Measure, Reach, ReportState, Source};
use proto::network::v1 as pb;
use time::AcademicYear;

use super::{Game, request_id};
use crate::demo::callers::{Callers, Who, answered};

impl Game {
    /// Reports on a year. An approved report is final, and the next round's places go by it.
    pub(super) async fn report(&mut self, year: AcademicYear, approved: bool) -> anyhow::Result<Reach> {
        self.progress.now(format!("{year}  reach is measured"));
        let began = std::time::Instant::now();
        let network = source("network", self.callers.network(), &self.callers);
        let enrolment = source("enrolment", self.callers.enrolment(), &self.callers);
        self.suite.sequenced().await?;
        let lake = self.rules.out.join("lake");
        analytics::collect(&lake, &[network.clone(), enrolment], self.clock.now()).await?;
        let options = Measure::on(year.end_date(), self.clock.today());
        let reach = tokio::task::spawn_blocking(move || analytics::measure(&lake, &options)).await??;
        let out = if approved { self.rules.out.join(year.to_string().replace('/', "-")) } else { self.rules.out.clone() };
        let report = analytics::write_report(&reach, &out, ReportState::Provisional)?;
        let published = analytics::publish(&reach, &report, &network, &request_id("report", year, "of-the-year")).await?;
        if approved {
            let message = pb::ApproveReachRequest {
                request_id: request_id("approve", year, "report"),
                name: published.name,
                etag: published.etag,
            };
            let answer = self
                .callers
                .patiently(Who::Dfe, message, |request| {
                    let mut client = self.callers.reach();
                    async move { client.approve_reach(request).await }
                })
                .await;
            answered(answer, || format!("the report on {year} was not approved"))?;
            analytics::write_report(&reach, &out, ReportState::Final)?;
            self.catch_up().await?;
        }
        self.analytics_time += began.elapsed();
        Ok(reach)
    }
}

fn source(name: &'static str, channel: tonic::transport::Channel, callers: &Callers) -> Source {
    let callers = callers.clone();
    let token = move || {
        let token = callers.token(Who::Analytics);
        let text = token.to_str().expect("a token is visible ASCII");
        text.trim_start_matches("Bearer ").to_owned()
    };
    Source { name, channel, token: Arc::new(token) }
}
