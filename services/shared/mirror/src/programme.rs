//! Programmes of the catalogue, and the verdicts on classes of schools.

use db::{Error, JsonText, Tx, sql};
use eligibility::{Class, Eligibility};
use feed::ApplyError;
use name::ProgrammeId;
use proto::{Reason, feed::v1::Event, network::v1 as pb};
use serde::{Deserialize, Serialize};
use server::ApiError;
use time::{AcademicYear, Date};

/// Most rows of one INSERT of verdicts.
const INSERT_ROWS_MAX: usize = 1_000;

/// A programme by the terms that are in force on the first day of an academic year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Programme {
    /// Its id.
    pub id: ProgrammeId,
    /// The title that people read.
    pub display_name: String,
    /// A school and its lineage may take part once in every academic year, and not once for ever.
    pub is_yearly: bool,
    /// The version of the terms.
    pub terms_version: i64,
    /// The schools that may take part.
    pub eligibility: Eligibility,
    /// The years that a school takes part, the first first.
    pub years: Vec<ProgrammeYear>,
    /// The shape of its Work Groups; `None` when it has none.
    pub work_group_shape: Option<WorkGroupShape>,
}

impl Programme {
    /// The number of years that a school takes part.
    pub fn years_count(&self) -> i64 {
        i64::try_from(self.years.len()).expect("terms have a few years")
    }

    /// The resource name of its terms.
    pub fn terms_name(&self) -> String {
        format!("programmes/{}/terms/{}", self.id.as_str(), self.terms_version)
    }
}

/// A year of a programme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgrammeYear {
    /// Meetings of a Work Group in the year.
    pub meetings_count: i64,
    /// Support visits of the leader to each school in a term.
    pub support_visits_per_term_count: i64,
}

/// The shape of a programme's Work Groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkGroupShape {
    /// Fewest schools.
    pub schools_min_count: i64,
    /// Most schools.
    pub schools_max_count: i64,
    /// Teachers of each school that take part.
    pub participants_per_school_count: i64,
    /// Its leader.
    pub leader: GroupLeader,
}

db::text_enum! {
    /// The leader of a Work Group.
    pub enum GroupLeader {
        /// A Mastery Specialist.
        MasterySpecialist = "mastery_specialist",
        /// A local leader of mathematics education.
        LocalLeader = "local_leader",
    }
}

/// The error of a request that names a programme which the catalogue does not offer in an academic year.
fn unknown(id: &ProgrammeId, year: AcademicYear) -> ApiError {
    let id = id.as_str();
    let message = format!(
        "the catalogue has no programme `{id}` with terms for {year}; correct the id, or add terms with CatalogueService.AddProgrammeTerms"
    );
    ApiError::new(Reason::ProgrammeUnknown, message).with("programme", id).with("academic_year", year)
}

#[derive(sqlx::FromRow)]
struct ProgrammeRow {
    id: ProgrammeId,
    display_name: String,
    is_yearly: bool,
    version: i64,
    eligibility: Option<JsonText<Eligibility>>,
    years: JsonText<Vec<ProgrammeYear>>,
    work_group_shape: Option<JsonText<WorkGroupShape>>,
}

/// A programme by the terms of an academic year. PROGRAMME_UNKNOWN when the catalogue does not offer it in that year.
pub async fn programme_of_year<E>(tx: &mut Tx<'_>, id: &ProgrammeId, year: AcademicYear) -> Result<Programme, E>
where
    E: From<Error> + From<ApiError>,
{
    Ok(find_programme_of_year(tx, id, year).await?.ok_or_else(|| unknown(id, year))?)
}

/// A programme by the terms of an academic year; `None` when the catalogue does not offer it in that year.
pub async fn find_programme_of_year(tx: &mut Tx<'_>, id: &ProgrammeId, year: AcademicYear) -> Result<Option<Programme>, Error> {
    let in_force = sql!(
        tx,
        "SELECT programme.id, programme.display_name, programme.is_yearly, terms.version, terms.eligibility, terms.years, terms.work_group_shape
         FROM programme JOIN programme_terms terms ON terms.programme = programme.id
         WHERE programme.id = :id AND terms.start_date <= :day
         ORDER BY terms.start_date DESC, terms.version DESC LIMIT 1",
        id,
        day = year.start_date(),
    );
    let row: Option<ProgrammeRow> = in_force.fetch_optional().await?;
    Ok(row.and_then(|row| {
        Some(Programme {
            id: row.id,
            display_name: row.display_name,
            is_yearly: row.is_yearly,
            terms_version: row.version,
            eligibility: row.eligibility?.0,
            years: row.years.0,
            work_group_shape: row.work_group_shape.map(|shape| shape.0),
        })
    }))
}

/// A join of the verdicts on the schools of a table or alias, as a literal: `join_verdict!("school", ":eligibility")`. Then `verdict.is_eligible` says
/// whether an open school may take part, and [`is_open!`] whether it is open.
#[macro_export]
macro_rules! join_verdict {
    ($school:literal, $eligibility:literal) => {
        concat!(
            "JOIN class_verdict verdict ON verdict.eligibility = ",
            $eligibility,
            " AND verdict.type_group_code = ",
            $school,
            ".type_group_code AND verdict.phase_code = ",
            $school,
            ".phase_code AND verdict.low_age = ",
            $school,
            ".low_age AND verdict.high_age = ",
            $school,
            ".high_age"
        )
    };
}

/// Whether a school is open in England, as a condition and a literal: `is_open!("school")`. As `eligibility::Establishment::check_open`.
#[macro_export]
macro_rules! is_open {
    ($school:literal) => {
        concat!($school, ".listed AND ", $school, ".status_code IN (1, 3) AND ", $school, ".region_code <> ''")
    };
}

pub(crate) async fn programme_put(tx: &mut Tx<'_>, event: &Event, programme: &pb::Programme) -> Result<(), ApplyError> {
    let put = sql!(
        tx,
        "INSERT INTO programme (id, display_name, is_yearly) VALUES (:id, :display_name, :is_yearly)
         ON CONFLICT (id) DO UPDATE SET display_name = excluded.display_name, is_yearly = excluded.is_yearly",
        id = programme_id(event, &programme.name)?,
        display_name = programme.display_name,
        is_yearly = programme.recurrence() == pb::Recurrence::Yearly,
    );
    put.execute().await?;
    Ok(())
}

/// Adds terms, and judges all classes of schools by their eligibility.
pub(crate) async fn terms_put(tx: &mut Tx<'_>, event: &Event, terms: &pb::ProgrammeTerms) -> Result<(), ApplyError> {
    let wrong = |what: &str| ApplyError::event(event, format!("its terms have no {what}"));
    let (programme, version) = terms.name.rsplit_once("/terms/").ok_or_else(|| wrong("name"))?;
    let version: i64 = version.parse().map_err(|_| wrong("version"))?;
    let start = Date::parse(&terms.start_date).map_err(|error| ApplyError::event(event, error))?;
    let eligibility = terms.eligibility.as_ref().map(from_proto);
    let years: Vec<ProgrammeYear> = terms.years.iter().map(year).collect();
    let shape = terms.work_group_shape.as_ref().map(|sent| shape(sent).ok_or_else(|| wrong("kind of leader"))).transpose()?;
    let put = sql!(
        tx,
        "INSERT INTO programme_terms (programme, version, start_date, eligibility, years, work_group_shape)
         VALUES (:programme, :version, :start_date, :eligibility, :years, :work_group_shape)
         ON CONFLICT (programme, version) DO UPDATE SET start_date = excluded.start_date, eligibility = excluded.eligibility,
             years = excluded.years, work_group_shape = excluded.work_group_shape",
        programme = programme_id(event, programme)?,
        version,
        start_date = start,
        eligibility = eligibility.as_ref().map(JsonText),
        years = JsonText(&years),
        work_group_shape = shape.as_ref().map(JsonText),
    );
    put.execute().await?;
    if let Some(eligibility) = eligibility {
        let kept = sql!(
            tx,
            "INSERT INTO eligibility (key, definition) VALUES (:key, :definition) ON CONFLICT (key) DO NOTHING",
            key = eligibility.key(),
            definition = JsonText(&eligibility),
        );
        kept.execute().await?;
        let classes = class_list(tx).await?;
        verdict_insert(tx, &[eligibility], &classes).await?;
    }
    Ok(())
}

/// The eligibility of a message.
fn from_proto(message: &pb::Eligibility) -> Eligibility {
    let ages = message.ages.map(|ages| (ages.from_age, ages.to_age));
    Eligibility::from_codes(&message.type_group_codes, &message.phase_codes, ages)
}

fn year(message: &pb::ProgrammeYear) -> ProgrammeYear {
    ProgrammeYear {
        meetings_count: message.meetings_count.into(),
        support_visits_per_term_count: message.support_visits_per_term_count.into(),
    }
}

/// `None` when it has a kind of leader that this build does not know.
fn shape(message: &pb::WorkGroupShape) -> Option<WorkGroupShape> {
    let leader = match message.leader() {
        pb::GroupLeader::Unspecified => return None,
        pb::GroupLeader::MasterySpecialist => GroupLeader::MasterySpecialist,
        pb::GroupLeader::LocalLeader => GroupLeader::LocalLeader,
    };
    Some(WorkGroupShape {
        schools_min_count: message.schools_min_count.into(),
        schools_max_count: message.schools_max_count.into(),
        participants_per_school_count: message.participants_per_school_count.into(),
        leader,
    })
}

fn programme_id(event: &Event, name: &str) -> Result<ProgrammeId, ApplyError> {
    let id = name::resource_id(name, "programmes", ProgrammeId::LENGTH_MAX);
    id.map(ProgrammeId::trusted).map_err(|error| ApplyError::event(event, format!("the name of its programme {error}")))
}

#[derive(sqlx::FromRow)]
struct ClassRow {
    type_group_code: i64,
    phase_code: i64,
    low_age: i64,
    high_age: i64,
}

impl From<ClassRow> for Class {
    fn from(row: ClassRow) -> Self {
        let age = |age: i64| Some(age).filter(|age| *age >= 0);
        let ClassRow { type_group_code, phase_code, low_age, high_age } = row;
        Self { type_group_code, phase_code, low_age: age(low_age), high_age: age(high_age) }
    }
}

async fn class_list(tx: &mut Tx<'_>) -> Result<Vec<Class>, Error> {
    let classes = sql!(tx, "SELECT DISTINCT type_group_code, phase_code, low_age, high_age FROM school");
    let rows: Vec<ClassRow> = classes.fetch_all().await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Judges the classes that an import brought by every eligibility. So each class of a school has a verdict under each key.
pub(crate) async fn judge_new_classes(tx: &mut Tx<'_>) -> Result<(), Error> {
    let new = sql!(
        tx,
        "SELECT DISTINCT type_group_code, phase_code, low_age, high_age FROM school
         EXCEPT SELECT type_group_code, phase_code, low_age, high_age FROM class_verdict",
    );
    let rows: Vec<ClassRow> = new.fetch_all().await?;
    if rows.is_empty() {
        return Ok(());
    }
    let used: Vec<(JsonText<Eligibility>,)> = sql!(tx, "SELECT definition FROM eligibility ORDER BY key").fetch_all().await?;
    let used: Vec<Eligibility> = used.into_iter().map(|(eligibility,)| eligibility.0).collect();
    let classes: Vec<Class> = rows.into_iter().map(Into::into).collect();
    verdict_insert(tx, &used, &classes).await
}

async fn verdict_insert(tx: &mut Tx<'_>, eligibilities: &[Eligibility], classes: &[Class]) -> Result<(), Error> {
    let verdicts: Vec<(String, Class, bool)> = eligibilities
        .iter()
        .flat_map(|eligibility| {
            let key = eligibility.key();
            classes.iter().map(move |class| (key.clone(), *class, eligibility.check_class(class).is_ok()))
        })
        .collect();
    for part in verdicts.chunks(INSERT_ROWS_MAX) {
        let inserted = sql!(
            tx,
            "INSERT INTO class_verdict (eligibility, type_group_code, phase_code, low_age, high_age, is_eligible) VALUES :verdicts
             ON CONFLICT (eligibility, type_group_code, phase_code, low_age, high_age) DO NOTHING",
            verdicts = [(key, class, is_eligible) in part =>
                key,
                class.type_group_code,
                class.phase_code,
                class.low_age.unwrap_or(-1),
                class.high_age.unwrap_or(-1),
                is_eligible,
            ],
        );
        inserted.execute().await?;
    }
    Ok(())
}
