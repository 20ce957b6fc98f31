//! A reader who solves the published table.

use microlp::{ComparisonOp, LinearExpr, OptimizationDirection, Problem, Variable};
use proptest::prelude::*;

use super::*;

type Shown = Vec<Vec<[Option<u32>; 2]>>;

/// More people than the tables of the tests have.
const PERSONS_MAX: i32 = 1_000;

/// The least and the greatest number that a secret can have for a reader who knows that the rows add up, that visiting teachers are teachers, and that a hidden count is at
/// least 1. Hidden counts of 1 to 4 and those beside them have the same mark.
fn range(shown: &Shown, cell: Cell, secret: Secret) -> [u32; 2] {
    [OptimizationDirection::Minimize, OptimizationDirection::Maximize].map(|direction| {
        let mut problem = Problem::new(direction);
        let weight = |at: Cell, column: usize| match (at == cell, secret, column) {
            (true, Secret::Teachers | Secret::NotVisiting, 0) | (true, Secret::Visiting, 1) => 1.0,
            (true, Secret::NotVisiting, 1) => -1.0,
            _ => 0.0,
        };
        let variables: Vec<Vec<[Variable; 2]>> = shown
            .iter()
            .enumerate()
            .map(|(programme, places)| {
                let cells = places.iter().enumerate().map(|(place, columns)| {
                    [0, 1].map(|column| {
                        let number = columns[column].map(|number| i32::try_from(number).unwrap());
                        let bounds = number.map_or((1, PERSONS_MAX), |number| (number, number));
                        problem.add_integer_var(weight((programme, place), column), bounds)
                    })
                });
                cells.collect()
            })
            .collect();
        let mut is_sum = |parts: Vec<Variable>, sum: Variable| {
            let mut line = LinearExpr::empty();
            parts.into_iter().for_each(|part| line.add(part, 1.0));
            line.add(sum, -1.0);
            problem.add_constraint(line, ComparisonOp::Eq, 0.0);
        };
        for column in [0, 1] {
            for places in &variables {
                is_sum(places[1..].iter().map(|cell| cell[column]).collect(), places[0][column]);
            }
            for place in 0..variables[0].len() {
                is_sum(variables[1..].iter().map(|places| places[place][column]).collect(), variables[0][place][column]);
            }
        }
        for [teachers, visiting] in variables.iter().flatten() {
            problem.add_constraint([(*teachers, 1.0), (*visiting, -1.0)], ComparisonOp::Ge, 0.0);
        }
        let solution = problem.solve().unwrap().into_solution().unwrap();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small whole number")]
        let number = solution.objective().round() as u32;
        number
    })
}

/// The hidden and the small numbers that a reader finds: those with one possible value.
fn found(table: &[Vec<Persons>], shown: &Shown) -> Vec<(Cell, Secret, u32)> {
    let mut found = Vec::new();
    for (programme, places) in table.iter().enumerate() {
        for (place, persons) in places.iter().enumerate() {
            let [teachers, visiting] = shown[programme][place];
            let mut secrets: Vec<Secret> = persons.secrets().collect();
            for (column, secret) in [(teachers, Secret::Teachers), (visiting, Secret::Visiting)] {
                if column.is_none() && !secrets.contains(&secret) {
                    secrets.push(secret);
                }
            }
            for secret in secrets {
                let [least, most] = range(shown, (programme, place), secret);
                let number = persons.number(secret);
                assert!((least..=most).contains(&number), "the true table solves the published one");
                let is_inner = programme > 0 && place > 0 && SMALL.contains(&number);
                if least == most || is_inner && least == number && number == *SMALL.end() {
                    found.push(((programme, place), secret, number));
                }
            }
        }
    }
    found
}

/// The table with its sums, of `(teachers, visiting)` by programme and region.
fn with_sums(counts: &[Vec<(u32, u32)>]) -> Vec<Vec<Persons>> {
    let mut table = vec![vec![Persons::default(); 1 + counts[0].len()]; 1 + counts.len()];
    for (programme, places) in counts.iter().enumerate() {
        for (place, (teachers, visiting)) in places.iter().enumerate() {
            for cell in [(0, 0), (0, 1 + place), (1 + programme, 0), (1 + programme, 1 + place)] {
                table[cell.0][cell.1].teachers += teachers;
                table[cell.0][cell.1].visiting += visiting;
            }
        }
    }
    table
}

/// Small counts without any count beside them.
fn small_only(table: &[Vec<Persons>]) -> Shown {
    let show =
        |persons: &Persons| [persons.teachers, persons.visiting].map(|number| (!SMALL.contains(&number)).then_some(number));
    table.iter().map(|places| places.iter().map(show).collect()).collect()
}

fn text(shown: &Shown) -> Vec<Vec<String>> {
    let number = |number: Option<u32>| number.map_or_else(|| "c".to_owned(), |number| number.to_string());
    let cell = |[teachers, visiting]: &[Option<u32>; 2]| format!("{} {}", number(*teachers), number(*visiting));
    shown.iter().map(|places| places.iter().map(cell).collect()).collect()
}

#[test]
fn a_small_count_takes_the_smallest_counts_beside_it_that_keep_the_sums() {
    let table = with_sums(&[vec![(3, 0), (20, 0), (30, 10)], vec![(12, 0), (40, 0), (50, 20)], vec![(7, 0), (8, 0), (9, 0)]]);
    assert_eq!(
        text(&shown(&table)),
        [
            ["179 30", "22 0", "68 0", "89 30"],
            ["53 10", "c 0", "c 0", "30 10"],
            ["102 20", "12 0", "40 0", "50 20"],
            ["24 0", "c 0", "c 0", "9 0"],
        ]
    );
}

#[test]
fn a_reader_finds_a_small_count_whose_sums_are_shown() {
    let table = with_sums(&[vec![(3, 0), (20, 0)], vec![(12, 0), (40, 0)]]);
    let weak = small_only(&table);
    assert_eq!(found(&table, &weak), [((1, 1), Secret::Teachers, 3)]);
    assert_eq!(found(&table, &shown(&table)), []);
}

/// Each line with a hidden count has two, and yet one of them joins two rectangles and is the only one of its kind.
#[test]
fn a_reader_finds_a_hidden_count_that_is_on_no_rectangle_though_each_line_hides_two() {
    let table = with_sums(&[
        vec![(6, 0), (6, 0), (9, 0), (9, 0)],
        vec![(6, 0), (6, 0), (3, 0), (9, 0)],
        vec![(9, 0), (9, 0), (6, 0), (6, 0)],
        vec![(9, 0), (9, 0), (6, 0), (6, 0)],
    ]);
    let mut weak: Shown =
        table.iter().map(|places| places.iter().map(|one| [Some(one.teachers), Some(one.visiting)]).collect()).collect();
    for (programme, place) in [(1, 1), (1, 2), (2, 1), (2, 2), (2, 3), (3, 3), (3, 4), (4, 3), (4, 4)] {
        weak[programme][place][0] = None;
    }
    assert_eq!(found(&table, &weak), [((2, 3), Secret::Teachers, 3)]);
    assert_eq!(found(&table, &shown(&table)), []);
}

#[test]
fn a_reader_finds_the_few_teachers_who_did_not_visit_from_two_shown_columns() {
    let table = with_sums(&[vec![(20, 18), (30, 9)], vec![(25, 5), (40, 11)]]);
    assert_eq!(found(&table, &small_only(&table)), [((1, 1), Secret::NotVisiting, 2)]);
    assert_eq!(found(&table, &shown(&table)), []);
}

#[test]
fn one_programme_and_its_equal_total_hide_the_same_counts() {
    let table = with_sums(&[vec![(3, 3), (20, 6), (50, 7)]]);
    let shown = shown(&table);
    assert_eq!(shown[0], shown[1]);
    assert_eq!(found(&table, &shown), []);
}

#[test]
fn counts_of_five_and_more_and_zeros_are_shown() {
    let table = with_sums(&[vec![(5, 0), (20, 7)], vec![(0, 0), (40, 11)]]);
    assert!(shown(&table).iter().flatten().flatten().all(Option::is_some));
}

/// Counts as in small programmes: many zeros, many below five.
fn counts() -> impl Strategy<Value = Vec<Vec<(u32, u32)>>> {
    let teachers = prop_oneof![3 => Just(0_u32), 4 => 1..=5_u32, 3 => 6..40_u32];
    let cell = teachers.prop_flat_map(|teachers| (Just(teachers), prop_oneof![Just(0), Just(teachers), 0..=teachers]));
    (1..=3_usize, 1..=4_usize).prop_flat_map(move |(programmes, regions)| {
        proptest::collection::vec(proptest::collection::vec(cell.clone(), regions), programmes)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn a_reader_who_solves_the_table_finds_no_hidden_count(counts in counts()) {
        let table = with_sums(&counts);
        let shown = shown(&table);
        for (persons, [teachers, visiting]) in table.iter().flatten().zip(shown.iter().flatten()) {
            prop_assert!(teachers.is_none() || !SMALL.contains(&persons.teachers));
            prop_assert!(visiting.is_none() || !SMALL.contains(&persons.visiting));
            prop_assert!(teachers.is_some() || persons.teachers > 0);
            prop_assert!(visiting.is_some() || persons.visiting > 0);
        }
        prop_assert_eq!(found(&table, &shown), vec![]);
    }

    /// Otherwise a later report would show what an earlier one hid.
    #[test]
    fn a_programme_without_teachers_changes_nothing(counts in counts(), place in 0..4_usize) {
        let mut with_another = counts.clone();
        let place = place.min(counts.len());
        with_another.insert(place, vec![(0, 0); counts[0].len()]);
        let mut shown_with_another = shown(&with_sums(&with_another));
        shown_with_another.remove(1 + place);
        prop_assert_eq!(shown_with_another, shown(&with_sums(&counts)));
    }
}
