//! The key of a fact: its year, school, programme and stage in one number. The engine groups by one number several times faster than by columns with texts.
//!
//! | bits | part |
//! | --- | --- |
//! | 50 to 62 | the calendar year in which the academic year begins |
//! | 18 to 49 | the URN |
//! | 2 to 17 | the programme, by [`ProgrammeIds`] |
//! | 0 to 1 | the stage, by its place in [`Stage::ALL`] |

use std::sync::{Arc, Mutex, PoisonError};

use polars::prelude::*;

use super::{Stage, fact::Fact};

/// The column of keys.
pub(super) const KEY: &str = "key";

const YEAR_SHIFT: u32 = 50;
const URN_SHIFT: u32 = 18;
const PROGRAMME_SHIFT: u32 = 2;

/// Ids of programmes, by the index in keys: in the order in which the engine's threads find them.
#[derive(Debug, Clone, Default)]
pub(super) struct ProgrammeIds(Arc<Mutex<Vec<String>>>);

impl ProgrammeIds {
    /// The index of a programme, which is added if it is new. Errors when there are more than a key has room for.
    pub(super) fn index(&self, id: &str) -> PolarsResult<u16> {
        let mut ids = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let index = ids.iter().position(|known| known == id).unwrap_or(ids.len());
        if index == ids.len() {
            ids.push(id.to_owned());
        }
        u16::try_from(index).map_err(|_| wrong("the history has more than 65,536 programmes, the newest is", id))
    }

    pub(super) fn ids(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The keys of facts of a stage, by columns with the academic year such as `2018/19`, the programme, and the school such as `schools/100000`. Errors for
    /// other texts.
    pub(super) fn key(&self, stage: Stage, [year, programme, school]: [&str; 3]) -> Expr {
        let ids = self.clone();
        let key = move |columns: &mut [Column]| ids.keys(stage, columns);
        col(year).map_many(key, &[col(programme), col(school)], |_, _| Ok(Field::new(KEY.into(), DataType::Int64))).alias(KEY)
    }

    fn keys(&self, stage: Stage, columns: &[Column]) -> PolarsResult<Column> {
        let [years, programmes, schools] = columns else { unreachable!("a key has three parts") };
        // Neighbours often have the same year and programme.
        let (mut last_year, mut year_bits) = ("none", 0);
        let mut known: Vec<(&str, i64)> = Vec::new();
        let rows = years.str()?.iter().zip(programmes.str()?.iter()).zip(schools.str()?.iter());
        let mut keys = Vec::with_capacity(years.len());
        for ((year, programme), school) in rows {
            let (year, programme, school) = (year.unwrap_or_default(), programme.unwrap_or_default(), school.unwrap_or_default());
            if year != last_year {
                let number = year.get(..4).and_then(|year| year.parse::<i64>().ok()).filter(|year| (0..1 << 13).contains(year));
                (last_year, year_bits) = (year, number.ok_or_else(|| wrong("this is no academic year:", year))? << YEAR_SHIFT);
            }
            let programme_bits = match known.iter().find(|(id, _)| *id == programme) {
                Some((_, bits)) => *bits,
                None => {
                    let bits = i64::from(self.index(programme)?) << PROGRAMME_SHIFT;
                    known.push((programme, bits));
                    bits
                }
            };
            let urn = school.strip_prefix("schools/").and_then(|urn| urn.parse::<i32>().ok()).filter(|urn| *urn >= 0);
            let urn = urn.ok_or_else(|| wrong("this is no school with a URN:", school))?;
            keys.push(year_bits | i64::from(urn) << URN_SHIFT | programme_bits | stage as i64);
        }
        Ok(Column::new(KEY.into(), keys))
    }
}

/// The year of a key.
pub(super) fn year_of_key() -> Expr {
    (col(KEY) / lit(1_i64 << YEAR_SHIFT)).cast(DataType::Int32)
}

/// The keys of a table.
pub(super) fn keys(rows: &DataFrame) -> PolarsResult<impl Iterator<Item = i64>> {
    Ok(rows.column(KEY)?.i64()?.iter().flatten())
}

/// The fact of a key. Its programme is an index into [`ProgrammeIds`].
pub(super) fn fact(key: i64) -> Fact {
    let part = |shift: u32, bits: u32| (key >> shift) & ((1 << bits) - 1);
    Fact {
        urn: i32::try_from(part(URN_SHIFT, 32)).expect("URNs have 31 bits"),
        programme: u32::try_from(part(PROGRAMME_SHIFT, 16)).expect("16 bits"),
        year: i16::try_from(part(YEAR_SHIFT, 13)).expect("13 bits"),
        stage: Stage::ALL[usize::try_from(part(0, 2)).expect("2 bits")],
    }
}

fn wrong(reason: &str, text: &str) -> PolarsError {
    PolarsError::ComputeError(format!("{reason} `{text}`").into())
}
