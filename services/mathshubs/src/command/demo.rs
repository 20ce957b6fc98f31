//! `mathshubs demo`: simulates several years of the programme on one machine.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use time::{AcademicYear, Date};

use crate::{
    demo::{self, Source},
    import, register,
    suite::Databases,
};

/// The first academic year of the programme.
const FIRST_YEAR: AcademicYear = AcademicYear::starting(2014);
/// Number of years without `--years`.
const YEARS_USUAL: usize = 5;
/// Day of the generated register without `--as-of`.
const AS_OF_USUAL: (i16, i8, i8) = (2018, 9, 1);

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// GIAS all-establishments extract, as a CSV file or in GIAS' zip. Default: a generated register with the real numbers of schools.
    #[arg(long, value_name = "FILE")]
    register: Option<PathBuf>,
    /// Links file of the extract. Default: the links file in the extract's zip, if there is one.
    #[arg(long, value_name = "FILE", requires = "register")]
    links: Option<PathBuf>,
    /// Day of the extract, needed if its file name does not give it. The last simulated academic year is the one of this day.
    #[arg(long, value_name = "YYYY-MM-DD")]
    as_of: Option<Date>,
    /// Number of academic years to simulate.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..))]
    years: Option<u8>,
    /// Seed of all random decisions: the same seed gives the same report, byte for byte.
    #[arg(long, value_name = "N", default_value_t = 2018)]
    seed: u64,
    /// Folder for the report; its page is index.html.
    #[arg(long, value_name = "DIR", default_value = "./maths-hubs-report")]
    out: PathBuf,
    /// Base URL of one empty database per service: sqlite:DIR, or postgres://USER@HOST/BASE. Default: SQLite files in a temporary folder.
    #[arg(long, value_name = "BASE")]
    database_url: Option<String>,
    /// Allow connections to PostgreSQL in plain text off the loopback; by default they are refused.
    #[arg(long, env = "MATHSHUBS_PLAINTEXT_ALLOWED")]
    plaintext_allowed: bool,
    /// Scale of the number of applications, in thousandths.
    #[arg(long, value_name = "PERMILLE", default_value_t = 1_000, hide = true)]
    scale: u16,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    if let Some(base) = &arguments.database_url {
        Databases::from_base(base)?.may_be_plaintext(arguments.plaintext_allowed)?;
    }
    let (as_of, files) = match &arguments.register {
        Some(file) => {
            let files = import::Files::read(file, arguments.links.as_deref(), arguments.as_of)?;
            (files.as_of, Some((files.extract, files.links)))
        }
        None => {
            let (year, month, day) = AS_OF_USUAL;
            (arguments.as_of.map_or_else(|| Date::new_checked(year, month, day), Ok)?, None)
        }
    };
    let last = AcademicYear::of(as_of);
    if last < FIRST_YEAR {
        bail!("{as_of} lies in {last}, before {FIRST_YEAR}, the programme's first year; give an extract of a later day");
    }
    let most = usize::try_from(last.first_year() - FIRST_YEAR.first_year() + 1).context("years are counted forward")?;
    let years_count = arguments.years.map_or(YEARS_USUAL.min(most), usize::from);
    if years_count > most {
        bail!(
            "{years_count} years up to {last} would begin before {FIRST_YEAR}, the programme's first year; ask for at most {most}"
        );
    }
    let source = match files {
        Some((extract, links)) => Source::File { extract, links },
        None => Source::Made(register::generate(arguments.seed, as_of)),
    };
    let options = demo::DemoOptions {
        seed: arguments.seed,
        as_of,
        years: demo::plan::years(last, years_count, usize::from(arguments.scale)),
        source,
        out: arguments.out,
    };
    demo::run(options, arguments.database_url.as_deref()).await
}
