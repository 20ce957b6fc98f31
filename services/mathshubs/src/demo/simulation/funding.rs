//! Funding through the year: DfE allocates budgets, schools sign, NCETM and DfE pay on that and on attendance, and the ledger is checked.

use std::collections::BTreeMap;

use anyhow::{Context, bail};
use proto::{enrolment::v1 as enrolment, funding::v1 as pb};
use time::{AcademicYear, Date, FinancialYear};

use super::{Place, Simulation, council, request_id};
use crate::demo::{
    callers::{Actor, Callers, answered, at_once, listed},
    hubs::HUBS,
    plan::{self, PROGRAMMES, Round, Year},
};

/// The subsidised programme, as an index in [`PROGRAMMES`], and the amount.
pub(super) const PROGRAMME: usize = 0;
const SUBSIDY_PENCE: i64 = 100_000;
/// Share of places that a hub's first budget of a year covers, in thousandths; the rest follows in September.
const FIRST_BUDGET_PERMILLE: usize = 850;
const PAGE_SIZE: i32 = 1_000;

/// The state of funding at the end.
#[derive(Debug, Default)]
pub(crate) struct FundingSummary {
    /// By region code: numbers of entitlements by state.
    pub(crate) regions: BTreeMap<String, Counts>,
    /// The sum of all payments in pence, by the ledger.
    pub(crate) paid_pence: i64,
    /// Number of accounts in the ledger.
    pub(crate) accounts_count: usize,
    /// Number of schools with a right to the subsidy, by the demo's own record.
    pub(crate) due_count: usize,
    /// Number of entitlements that had to wait for money.
    pub(crate) waited_count: usize,
}

/// Numbers of entitlements of a region.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Counts {
    /// All entitlements.
    pub(crate) arisen: usize,
    /// Paid ones.
    pub(crate) paid: usize,
    /// Those for which money is committed or awaited.
    pub(crate) held: usize,
    /// Those whose money was released.
    pub(crate) released: usize,
}

impl Simulation {
    /// Creates the policy of the subsidy, effective from the first simulated year.
    pub(super) async fn decide_policy(&self, year: AcademicYear) -> anyhow::Result<()> {
        let message = pb::CreatePolicyRequest {
            request_id: request_id("policy", year, "release-subsidy"),
            policy_id: "release-subsidy".to_owned(),
            policy: Some(pb::Policy {
                kind: pb::PolicyKind::ReleaseSubsidy.into(),
                programme: PROGRAMMES[PROGRAMME].id.to_owned(),
                amount_pence: SUBSIDY_PENCE,
                start_date: year.start_date().to_string(),
                decision: council::decision(year.first_year(), council::SUBSIDY),
                ..pb::Policy::default()
            }),
        };
        let answer = self.callers.policies(Actor::Ncetm).create_policy(message).await;
        answered(answer, || "the subsidy did not become policy".to_owned()).map(|_| ())
    }

    /// DfE allocates money for most places to each hub that has places.
    pub(super) async fn allocate(&self, year: &Year, round: &Round) -> anyhow::Result<()> {
        self.progress.now(format!("{}  hubs get their budgets", year.year));
        let places = round.places.iter().filter(|((_, programme), _)| *programme == PROGRAMME);
        let money = places.map(|((hub, _), count)| (*hub, (count * FIRST_BUDGET_PERMILLE).div_ceil(1_000)));
        self.give(year.year, "spring", money.filter(|(_, count)| *count > 0).collect()).await
    }

    /// Schools with a place of the year's round sign their agreements; then DfE allocates the missing money to hubs with waiting entitlements.
    pub(super) async fn agree(&mut self, year: AcademicYear) -> anyhow::Result<()> {
        self.progress.now(format!("{year}  agreements are signed"));
        let seed = self.options.seed;
        let signing = self.places.iter().filter(|place| place.year_number == 0 && plan::signs(seed, year, place.urn));
        let signing: Vec<Place> = signing.cloned().collect();
        self.signed.extend(signing.iter().map(|place| place.urn));
        let (callers, sign_date) = (self.callers.clone(), self.clock.today().to_string());
        at_once(&self.progress, signing, move |place: Place| {
            let (callers, sign_date) = (callers.clone(), sign_date.clone());
            async move {
                let message = enrolment::RecordAgreementRequest {
                    request_id: request_id("agree", year, place.urn),
                    name: place.participation,
                    sign_date,
                    document: "release-agreement".to_owned(),
                    document_version: "1".to_owned(),
                    ..Default::default()
                };
                let answer = callers.participations(Actor::School(place.urn)).record_agreement(message).await;
                answered(answer, || format!("the agreement of schools/{} was not recorded", place.urn)).map(|_| ())
            }
        })
        .await?;
        self.suite.catch_up_funding().await?;
        let mut waiting: BTreeMap<usize, usize> = BTreeMap::new();
        for entitlement in self.entitlements(pb::EntitlementState::Unfunded).await? {
            let hub = HUBS.iter().position(|hub| entitlement.hub.strip_prefix("hubs/") == Some(hub.id));
            *waiting.entry(hub.with_context(|| format!("{} is not a hub of the demo", entitlement.hub))?).or_default() += 1;
        }
        self.waited_count += waiting.values().sum::<usize>();
        self.give(year, "autumn", waiting.into_iter().collect()).await
    }

    /// Entitlements with complete evidence are paid: NCETM creates a batch, another person of NCETM approves it, DfE releases it.
    pub(super) async fn pay(&self, year: AcademicYear) -> anyhow::Result<()> {
        self.progress.now(format!("{year}  subsidies are paid"));
        self.suite.catch_up_funding().await?;
        // CreateBatch may raise payee questions about closed schools; the entitlements with answered questions are in the next batch.
        let mut number = 1;
        self.pay_authorities(year).await?;
        self.pay_batch(year, number).await?;
        while self.pay_authorities(year).await? > 0 {
            number += 1;
            self.pay_batch(year, number).await?;
        }
        Ok(())
    }

    async fn pay_batch(&self, year: AcademicYear, number: u32) -> anyhow::Result<()> {
        let id = |step: &str| request_id("batch", year, format!("{step}-{number}"));
        let message = pb::CreateBatchRequest { request_id: id("new"), hub: String::new(), validate_only: false };
        let answer = self.callers.payments(Actor::Ncetm).create_batch(message).await;
        let batch = answered(answer, || format!("no batch was made for {year}"))?;
        let batch = batch.batch.context("the funding service answered without the batch")?;
        let message = pb::ApproveBatchRequest {
            request_id: id("approve"),
            name: batch.name.clone(),
            etag: batch.etag,
            validate_only: false,
        };
        let answer = self.callers.payments(Actor::NcetmFinance).approve_batch(message).await;
        let approved = answered(answer, || format!("the batch of {year} was not approved"))?;
        let etag = approved.batch.context("the funding service answered without the batch")?.etag;
        let message = pb::ReleaseBatchRequest { request_id: id("release"), name: batch.name, etag, validate_only: false };
        let answer = self.callers.payments(Actor::Dfe).release_batch(message).await;
        answered(answer, || format!("the batch of {year} was not released")).map(|_| ())
    }

    /// NCETM answers payee questions with the school's authority, where a closed school has no unambiguous successor. Returns the number of answers.
    async fn pay_authorities(&self, year: AcademicYear) -> anyhow::Result<usize> {
        let payable = self.entitlements(pb::EntitlementState::Payable).await?;
        let asked: Vec<_> = payable.into_iter().filter(|one| one.review() == pb::EntitlementReview::Payee).collect();
        let count = asked.len();
        if count == 0 {
            return Ok(0);
        }
        let places = self.places_of_schools().await?;
        for entitlement in asked {
            let school = entitlement.school;
            let place = places.get(&school).with_context(|| format!("{school} has no location"))?;
            let reference = place.old_la_code.clone();
            let message = pb::SetPayeeRequest {
                request_id: request_id("payee", year, school.trim_start_matches("schools/")),
                name: entitlement.name,
                etag: entitlement.etag,
                payee: Some(pb::Payee { kind: pb::PayeeKind::Authority.into(), reference }),
            };
            let answer = self.callers.entitlements(Actor::Ncetm).set_payee(message).await;
            let proposed = answered(answer, || format!("the authority of {school} was not proposed as its payee"))?;
            let confirmed = Callers::confirm(self.callers.funding(Actor::Dfe), proposed.pending_change).await;
            answered(confirmed, || format!("the authority of {school} did not become its payee"))?;
        }
        Ok(count)
    }

    /// Checks the ledger: its accounts sum to zero, and the payments equal the subsidies due. Returns the state of funding by region.
    pub(super) async fn funding_summary(&self) -> anyhow::Result<FundingSummary> {
        self.suite.catch_up_funding().await?;
        let mut summary =
            FundingSummary { due_count: self.due.len(), waited_count: self.waited_count, ..FundingSummary::default() };
        let places = self.places_of_schools().await?;
        for entitlement in self.entitlements(pb::EntitlementState::Unspecified).await? {
            let region = places.get(&entitlement.school).map(|place| place.region_code.clone()).unwrap_or_default();
            let counts = summary.regions.entry(region).or_default();
            counts.arisen += 1;
            match entitlement.state() {
                pb::EntitlementState::Paid => counts.paid += 1,
                pb::EntitlementState::Unfunded | pb::EntitlementState::Committed | pb::EntitlementState::Payable => {
                    counts.held += 1;
                }
                pb::EntitlementState::Released => counts.released += 1,
                pb::EntitlementState::Refused | pb::EntitlementState::Unspecified => {}
            }
        }
        if self.given_back_count > 0 && summary.regions.values().all(|counts| counts.released == 0) {
            bail!("{} schools gave their places back, and no money was released", self.given_back_count);
        }
        let accounts = self.accounts().await?;
        let sum: i64 = accounts.iter().map(|account| account.balance_pence).sum();
        if sum != 0 {
            bail!("the ledger's accounts sum to {sum} pence, and not to zero");
        }
        let paid = accounts.iter().filter(|account| account.kind() == pb::AccountKind::Paid);
        summary.paid_pence = paid.map(|account| account.balance_pence).sum();
        summary.accounts_count = accounts.len();
        let due_pence = SUBSIDY_PENCE * i64::try_from(summary.due_count)?;
        if summary.paid_pence != due_pence {
            bail!("{} pence were paid, and {due_pence} were due to {} schools", summary.paid_pence, summary.due_count);
        }
        Ok(summary)
    }

    /// DfE allocates money for a number of subsidies to each hub, for the current financial year.
    async fn give(&self, year: AcademicYear, when: &'static str, subsidies: Vec<(usize, usize)>) -> anyhow::Result<()> {
        let (callers, financial_year) = (self.callers.clone(), FinancialYear::of(self.clock.today()).to_string());
        at_once(&self.progress, subsidies, move |(hub, count)| {
            let (callers, financial_year) = (callers.clone(), financial_year.clone());
            async move {
                let hub = HUBS[hub].id;
                let message = pb::AllocateBudgetRequest {
                    request_id: request_id("allocate", year, format_args!("{when}-{hub}")),
                    hub: format!("hubs/{hub}"),
                    financial_year,
                    amount_pence: SUBSIDY_PENCE * i64::try_from(count)?,
                    decision: council::decision(year.first_year(), council::BUDGETS),
                    validate_only: false,
                };
                let answer = callers.budgets(Actor::Dfe).allocate_budget(message).await;
                let proposed = answered(answer, || format!("no budget was proposed for {hub}"))?;
                let confirmed = Callers::confirm(callers.funding(Actor::Ncetm), proposed.pending_change).await;
                answered(confirmed, || format!("{hub} got no budget")).map(drop)
            }
        })
        .await?;
        Ok(())
    }

    async fn entitlements(&self, state: pb::EntitlementState) -> anyhow::Result<Vec<pb::Entitlement>> {
        let items = client::items(|page_token| async move {
            let message = pb::ListEntitlementsRequest {
                page_size: PAGE_SIZE,
                page_token,
                state: state.into(),
                ..pb::ListEntitlementsRequest::default()
            };
            let page = self.callers.entitlements(Actor::Ncetm).list_entitlements(message).await?.into_inner();
            Ok((page.entitlements, page.next_page_token))
        });
        listed(items, || "the entitlements were not listed".to_owned()).await
    }

    async fn accounts(&self) -> anyhow::Result<Vec<pb::Account>> {
        let items = client::items(|page_token| async move {
            let message = pb::ListAccountsRequest { page_size: PAGE_SIZE, page_token, ..pb::ListAccountsRequest::default() };
            let page = self.callers.ledger(Actor::Dfe).list_accounts(message).await?.into_inner();
            Ok((page.accounts, page.next_page_token))
        });
        listed(items, || "the accounts were not listed".to_owned()).await
    }
}

/// The day in April on which budgets are allocated.
pub(super) fn budget_day(year: &Year) -> Date {
    Date::new_checked(year.year.first_year(), 4, 6).expect("6 April exists in every year")
}
