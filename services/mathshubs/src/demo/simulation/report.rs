//! The end of a year: the analytics job collects, measures and publishes figures; DfE approves them once the year is over.

use std::time::{Duration, Instant};

use analytics::{Draft, Measure, Measurer, Reach, ReportState, Source, figures_sha256};
use proto::network::v1 as pb;
use time::AcademicYear;

use super::{Simulation, request_id};
use crate::demo::{
    callers::{Actor, answered},
    output_dir,
};

/// Duration of the parts of all reports.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct ReportTimes {
    /// Reading the feeds into the lake.
    pub(crate) collect: Duration,
    /// Measuring figures from the lake.
    pub(crate) measure: Duration,
    /// Writing the files, and sending the figures until the network service has stored them. DfE's approval and the mirrors of other services are not
    /// included.
    pub(crate) publish: Duration,
}

impl ReportTimes {
    /// The sum of all parts.
    pub(crate) fn total(self) -> Duration {
        self.collect + self.measure + self.publish
    }
}

impl Simulation {
    /// Reports on a year. An approved report decides the priority of areas in the next round.
    pub(super) async fn report(&mut self, year: AcademicYear, approved: bool) -> anyhow::Result<Reach> {
        self.progress.now(format!("{year}  reach is measured"));
        let sources = [
            Source { name: "network", connection: self.callers.network(Actor::Analytics) },
            Source { name: "enrolment", connection: self.callers.enrolment(Actor::Analytics) },
            Source { name: "specialists", connection: self.callers.specialists(Actor::Analytics) },
            Source { name: "funding", connection: self.callers.funding(Actor::Analytics) },
        ];
        let [network, ..] = &sources;
        self.suite.sequenced().await?;
        let lake = output_dir::lake(&self.options.out);
        let mut measurer = match self.measurer.take() {
            Some(measurer) => measurer,
            None => {
                // The first report replaces the files of an earlier demo; until now they are kept.
                output_dir::clear(&self.options.out)?;
                Measurer::new(&lake)
            }
        };
        let began = Instant::now();
        let collected = analytics::collect(&lake, &sources, self.clock.now()).await?;
        let began = lap(&mut self.report_times.collect, began);
        let options = Measure::on(year.end_date(), self.clock.today()).up_to(collected.positions);
        let (measurer, reach) = tokio::task::spawn_blocking(move || {
            let reach = measurer.measure(&options);
            (measurer, reach)
        })
        .await?;
        let reach = reach?;
        let began = lap(&mut self.report_times.measure, began);
        let out = if approved { output_dir::of_year(&self.options.out, year) } else { self.options.out.clone() };
        let draft = Draft::new(&reach);
        let report = draft.write(&out, &ReportState::Provisional)?;
        measurer.keep_report(&reach.options, draft.content_sha256())?;
        self.measurer = Some(measurer);
        let published = analytics::publish(&reach, &report, network, &request_id("report", year, "of-the-year")).await?;
        lap(&mut self.report_times.publish, began);
        if approved {
            let approved = self.approve(year, published, figures_sha256(&reach)).await?;
            draft.write(&out, &ReportState::of(approved.as_ref()))?;
            self.catch_up().await?;
        }
        Ok(reach)
    }

    /// DfE approves the figures that it measured.
    async fn approve(
        &self,
        year: AcademicYear,
        published: pb::ReachPublication,
        figures_sha256: String,
    ) -> anyhow::Result<Option<pb::ReachPublication>> {
        let message = pb::ApproveReachRequest {
            request_id: request_id("approve", year, "report"),
            name: published.name,
            etag: published.etag,
            figures_sha256,
        };
        let answer = self.callers.reach(Actor::Dfe).approve_reach(message).await;
        let answer = answered(answer, || format!("the report on {year} was not approved"))?;
        Ok(answer.reach_publication)
    }
}

/// Adds the time since `began` to a sum, and returns the current time.
fn lap(sum: &mut Duration, began: Instant) -> Instant {
    let now = Instant::now();
    *sum += now - began;
    now
}
