//! Counts reached schools: joins facts with the schools that they count for, each school once.
//!
//! The engine gets four tables of 32-bit integers:
//!
//! | table | columns | one row |
//! | --- | --- | --- |
//! | fact | `fact_urn, fact_year, programme, stage` | a stage that a school reached |
//! | counted_for | `year, fact_urn, urn` | in the year, facts of `fact_urn` count for the school `urn` |
//! | year_school | `year, urn, region, la, phase, class, in_total` | a school of the year that facts count for; phase 0 for 16 plus institutions |
//! | eligible | `year, programme, class` | schools of the class could take part |
//! | played | `year, phase` | schools of the phase could take part in some programme |

use std::collections::BTreeSet;

use polars::prelude::*;

use super::{
    Phase, Stage,
    cell::{CellKey, Cells, Counts},
    denominators::Denominators,
    fact::Fact,
    rows::collect,
};

/// Index of the total of all programmes.
pub(super) const TOTAL: u32 = u32::MAX;

/// Counts the cells. A school that is reached in a year also counts as reached since the first one, and no school is counted twice in a cell.
pub(super) fn cells(denominators: &Denominators, facts: &[Fact]) -> PolarsResult<Cells> {
    let by_year = [col("year"), col("urn")];
    let by_phase = [col("year"), col("phase")];
    let by_class = [col("year"), col("programme"), col("class")];
    // Each school once for a year, programme and stage, before the other joins, to reduce the number of rows.
    let schools = fact_frame(facts)?
        .lazy()
        .join(counted_for_frame(denominators)?.lazy(), [col("fact_urn")], [col("fact_urn")], JoinArgs::new(JoinType::Inner))
        .filter(col("fact_year").lt_eq(col("year")))
        .with_columns([
            col("fact_year").eq(col("year")).cast(DataType::Int32).alias("in_year"),
            col("fact_year").lt(col("year")).cast(DataType::Int32).alias("before"),
        ])
        .group_by(["year", "programme", "stage", "urn"].map(col))
        .agg([col("in_year").max(), col("before").max()])
        .join(year_school_frame(denominators)?.lazy(), by_year.clone(), by_year, JoinArgs::new(JoinType::Inner));
    let schools = collect(schools)?;
    // A school of several programmes counts once in the total, so the total is counted, not added up.
    let total = schools
        .clone()
        .lazy()
        .group_by(["year", "stage", "urn"].map(col))
        .agg([
            col("in_year").max(),
            col("before").max(),
            col("region").first(),
            col("la").first(),
            col("phase").first(),
            col("in_total").first(),
        ])
        .filter(col("in_total").eq(lit(1)))
        .with_column(lit(i32::MAX).alias("programme"))
        .join(played_frame(denominators)?.lazy(), by_phase.clone(), by_phase, JoinArgs::new(JoinType::Inner));
    let of_programmes =
        schools.lazy().join(eligible_frame(denominators)?.lazy(), by_class.clone(), by_class, JoinArgs::new(JoinType::Inner));
    let mut cells = denominators.cells();
    for schools in [total, of_programmes] {
        let counted = schools.group_by(["year", "programme", "stage", "region", "la", "phase"].map(col)).agg([
            col("in_year").sum(),
            (col("in_year") * (lit(1) - col("before"))).sum().alias("new"),
            col("urn").count().cast(DataType::Int32).alias("since"),
        ]);
        add_counts(&collect(counted)?, &mut cells)?;
    }
    Ok(cells)
}

fn fact_frame(facts: &[Fact]) -> PolarsResult<DataFrame> {
    df!(
        "fact_urn" => facts.iter().map(|fact| fact.urn).collect::<Vec<i32>>(),
        "fact_year" => facts.iter().map(|fact| i32::from(fact.year)).collect::<Vec<i32>>(),
        "programme" => facts.iter().map(|fact| programme_number(fact.programme)).collect::<Vec<i32>>(),
        "stage" => facts.iter().map(|fact| fact.stage.number()).collect::<Vec<i32>>(),
    )
}

fn counted_for_frame(denominators: &Denominators) -> PolarsResult<DataFrame> {
    let (mut year, mut fact_urn, mut urn) = (Vec::new(), Vec::new(), Vec::new());
    for (&in_year, counted_for) in &denominators.counted_for {
        for (&from, current_urns) in counted_for {
            for &current_urn in current_urns {
                year.push(i32::from(in_year));
                fact_urn.push(from);
                urn.push(current_urn);
            }
        }
    }
    df!("year" => year, "fact_urn" => fact_urn, "urn" => urn)
}

fn year_school_frame(denominators: &Denominators) -> PolarsResult<DataFrame> {
    let mut rows = Vec::new();
    for (&year, counted_for) in &denominators.counted_for {
        let year_schools = &denominators.year_schools[&year];
        let reached: BTreeSet<i32> = counted_for.values().flatten().copied().collect();
        rows.extend(reached.into_iter().map(|urn| (year, urn, year_schools[&urn])));
    }
    let rows = || rows.iter();
    df!(
        "year" => rows().map(|row| i32::from(row.0)).collect::<Vec<i32>>(),
        "urn" => rows().map(|row| row.1).collect::<Vec<i32>>(),
        "region" => rows().map(|row| number(row.2.region)).collect::<Vec<i32>>(),
        "la" => rows().map(|row| number(row.2.la)).collect::<Vec<i32>>(),
        "phase" => rows().map(|row| row.2.kind.phase.map_or(0, Phase::to_proto)).collect::<Vec<i32>>(),
        "class" => rows().map(|row| number(row.2.kind.class)).collect::<Vec<i32>>(),
        "in_total" => rows().map(|row| i32::from(row.2.kind.in_total)).collect::<Vec<i32>>(),
    )
}

fn played_frame(denominators: &Denominators) -> PolarsResult<DataFrame> {
    let (mut years, mut phases) = (Vec::new(), Vec::new());
    for &year in &denominators.years {
        for phase in Phase::ALL.into_iter().filter(|phase| denominators.played(year, TOTAL, *phase)) {
            years.push(i32::from(year));
            phases.push(phase.to_proto());
        }
    }
    df!("year" => years, "phase" => phases)
}

fn eligible_frame(denominators: &Denominators) -> PolarsResult<DataFrame> {
    let (mut years, mut programmes, mut classes) = (Vec::new(), Vec::new(), Vec::new());
    for (&(year, programme), offered) in &denominators.offered {
        for class in offered.eligible_classes() {
            years.push(i32::from(year));
            programmes.push(programme_number(programme));
            classes.push(number(class));
        }
    }
    df!("year" => years, "programme" => programmes, "class" => classes)
}

fn add_counts(frame: &DataFrame, cells: &mut Cells) -> PolarsResult<()> {
    let column =
        |name: &str| -> PolarsResult<Vec<i32>> { Ok(frame.column(name)?.i32()?.iter().map(Option::unwrap_or_default).collect()) };
    let (year, programme, stage) = (column("year")?, column("programme")?, column("stage")?);
    let (region, la, phase) = (column("region")?, column("la")?, column("phase")?);
    let (in_year, new, since) = (column("in_year")?, column("new")?, column("since")?);
    for row in 0..frame.height() {
        let key = CellKey {
            year: i16::try_from(year[row]).expect("years came out of 16 bits"),
            programme: (programme[row] != i32::MAX).then(|| count(programme[row])),
            region: count(region[row]) as usize,
            la: count(la[row]),
            phase: Phase::from_proto(phase[row]),
        };
        let stage = Stage::ALL.iter().position(|one| one.number() == stage[row]).expect("stages came out of the enum");
        let counts = Counts { reached: count(in_year[row]), new: count(new[row]), since: count(since[row]) };
        cells.cells.entry(key).or_default().stages[stage] = counts;
    }
    Ok(())
}

fn count(number: i32) -> u32 {
    u32::try_from(number).expect("counts and indexes are not negative")
}

fn number<T: TryInto<i32>>(index: T) -> i32 {
    index.try_into().ok().expect("indexes of regions and authorities are small")
}

fn programme_number(programme: u32) -> i32 {
    if programme == TOTAL { i32::MAX } else { number(programme) }
}
