//! Disclosure control of the counts of teachers: a reader can compute no hidden count from the others.
//!
//! - **Hidden first**: a count of 1 to 4 people. A 0 is shown.
//! - **Hidden beside these**: one of the two columns where 1 to 4 teachers of the cell did not visit, because that is their difference; and counts in the sums. The rows of a year add up, by regions to England and by programmes to the total. So each hidden count is on a rectangle of hidden counts: two
//!   programmes, or a programme and the total, and two regions, or a region and England. If one of its corners is one person more, the next corner is one fewer, or one more where
//!   one of the two is the sum of the other. All sums are the same then, so that the published table does not say which of the two is the true one.
//!
//! A rectangle keeps a small count if no hidden count becomes 0, no cell gets more visiting teachers than teachers, and the count is still between 1 and 4. Of these, the one that hides
//! the fewest sums, then the fewest people, is chosen. A count of a programme in a region always has one: with its sums to England and to the total, and their sum. A small sum can lack
//! one: four people, one in each of four regions. It then gets one that makes it larger. Hiding more counts later takes no rectangle away, because its corners stay hidden.
//!
//! The tests solve the published table as a reader would, with a linear solver.

use std::ops::RangeInclusive;

/// Counts of people that are not published.
const SMALL: RangeInclusive<u32> = 1..=4;

/// Teachers with an attendance, and of these the ones who visited another school.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Persons {
    pub(super) teachers: u32,
    pub(super) visiting: u32,
}

/// A secret of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Secret {
    Teachers,
    Visiting,
    /// Teachers who did not visit.
    NotVisiting,
}

impl Persons {
    fn number(self, secret: Secret) -> u32 {
        match secret {
            Secret::Teachers => self.teachers,
            Secret::Visiting => self.visiting,
            Secret::NotVisiting => self.teachers - self.visiting,
        }
    }

    /// Its small numbers. The teachers are hidden where none of a few visited.
    fn secrets(self) -> impl Iterator<Item = Secret> {
        let secrets = [Secret::Teachers, Secret::Visiting, Secret::NotVisiting].into_iter();
        secrets.filter(move |secret| {
            SMALL.contains(&self.number(*secret)) && !(*secret == Secret::NotVisiting && self.visiting == 0)
        })
    }

    /// The cell with a difference in some columns. `None` when a hidden count would be 0, or the columns contradict each other.
    fn moved(self, [teachers, visiting]: [bool; 2], difference: i32) -> Option<Self> {
        let add = |number: u32, is_moved: bool| {
            if is_moved { number.checked_add_signed(difference).filter(|moved| number > 0 && *moved > 0) } else { Some(number) }
        };
        let moved = Self { teachers: add(self.teachers, teachers)?, visiting: add(self.visiting, visiting)? };
        (moved.visiting <= moved.teachers).then_some(moved)
    }
}

/// A cell: its programme, 0 for the total, and its place, 0 for England.
type Cell = (usize, usize);

/// Corners that change together in some columns.
struct Rectangle {
    corners: [Cell; 4],
    columns: [bool; 2],
}

/// The numbers of sums and of people that hiding a rectangle hides.
type Cost = (usize, u64);

/// The counts that are shown, by programme and place, each `None` when it is hidden. The first programme is the total, the first place England.
pub(super) fn shown(table: &[Vec<Persons>]) -> Vec<Vec<[Option<u32>; 2]>> {
    let mut hidden: Vec<Vec<[bool; 2]>> = table.iter().map(|places| vec![[false; 2]; places.len()]).collect();
    let cells: Vec<Cell> =
        (0..table.len()).flat_map(|programme| (0..table[programme].len()).map(move |place| (programme, place))).collect();
    for &(programme, place) in &cells {
        let persons = table[programme][place];
        hidden[programme][place] = [persons.teachers, persons.visiting].map(|number| SMALL.contains(&number));
    }
    for &cell in &cells {
        for secret in table[cell.0][cell.1].secrets() {
            let find = |is_small| cheapest(table, &hidden, cell, secret, is_small);
            let rectangle = find(true).or_else(|| find(false)).expect("a cell and its sums can grow together");
            for (programme, place) in rectangle.corners {
                hidden[programme][place].iter_mut().zip(rectangle.columns).for_each(|(hidden, moved)| *hidden |= moved);
            }
        }
    }
    let show = |persons: &Persons, hidden: &[bool; 2]| {
        [(!hidden[0]).then_some(persons.teachers), (!hidden[1]).then_some(persons.visiting)]
    };
    table.iter().zip(&hidden).map(|(places, hidden)| places.iter().zip(hidden).map(|(a, b)| show(a, b)).collect()).collect()
}

/// The rectangle that keeps a secret of a cell at the least cost.
fn cheapest(table: &[Vec<Persons>], hidden: &[Vec<[bool; 2]>], cell: Cell, secret: Secret, is_small: bool) -> Option<Rectangle> {
    let (programme, place) = cell;
    let mut cheapest: Option<(Cost, Rectangle)> = None;
    for other_programme in (0..table.len()).filter(|other| *other != programme) {
        for other_place in (0..table[programme].len()).filter(|other| *other != place) {
            let corners = [cell, (programme, other_place), (other_programme, place), (other_programme, other_place)];
            for columns in [[true, false], [false, true], [true, true]] {
                let after = [1, -1].map(|difference| changed(table, corners, columns, difference, secret));
                if !after.into_iter().flatten().any(|after| !is_small || after <= *SMALL.end()) {
                    continue;
                }
                let rectangle = Rectangle { corners, columns };
                let cost = rectangle.cost(table, hidden);
                if cheapest.as_ref().is_none_or(|(least, _)| cost < *least) {
                    cheapest = Some((cost, rectangle));
                }
            }
        }
    }
    cheapest.map(|(_, rectangle)| rectangle)
}

/// Another value of the first corner's secret, when the corners differ. `None` when the secret is the same, or a corner cannot differ.
fn changed(table: &[Vec<Persons>], corners: [Cell; 4], columns: [bool; 2], difference: i32, secret: Secret) -> Option<u32> {
    // Two corners of a line are opposite, unless one of them is the sum.
    let along = |a: usize, b: usize| if (a == 0) == (b == 0) { -1 } else { 1 };
    let [(programme, place), (_, other_place), (other_programme, _), _] = corners;
    let (by_place, by_programme) = (along(place, other_place), along(programme, other_programme));
    let signs = [1, by_place, by_programme, by_place * by_programme];
    let mut moved = [Persons::default(); 4];
    for ((moved, (programme, place)), sign) in moved.iter_mut().zip(corners).zip(signs) {
        *moved = table[programme][place].moved(columns, sign * difference)?;
    }
    let after = moved[0].number(secret);
    (after != table[programme][place].number(secret)).then_some(after)
}

impl Rectangle {
    fn cost(&self, table: &[Vec<Persons>], hidden: &[Vec<[bool; 2]>]) -> Cost {
        let mut cost = (0, 0);
        for (programme, place) in self.corners {
            let persons = table[programme][place];
            for (column, number) in [persons.teachers, persons.visiting].into_iter().enumerate() {
                if self.columns[column] && !hidden[programme][place][column] {
                    cost.0 += usize::from(programme == 0) + usize::from(place == 0);
                    cost.1 += u64::from(number);
                }
            }
        }
        cost
    }
}

#[cfg(test)]
#[path = "suppression_tests.rs"]
mod tests;
