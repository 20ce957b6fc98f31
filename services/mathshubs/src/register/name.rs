//! Invented names of schools: places that do not exist, saints, trees.

use super::establishment::GiasPhase;
use crate::rng::SeededRng;

const FRONTS: &[&str] = &[
    "Ash", "Beck", "Birch", "Black", "Brad", "Bram", "Brook", "Carl", "Chal", "Clay", "Cold", "Copt", "Cran", "Dun", "East",
    "Elm", "Fern", "Flax", "Gorse", "Hal", "Hart", "Haw", "Hazel", "High", "Holm", "Kel", "Lang", "Lin", "Long", "Lyn", "Mar",
    "Mill", "Nether", "New", "North", "Oak", "Os", "Pel", "Rad", "Raven", "Red", "Rook", "Rush", "Sal", "Sand", "Shel", "Small",
    "South", "Stan", "Stock", "Stone", "Sutter", "Swin", "Thorn", "Upper", "Wal", "Water", "West", "White", "Win", "Wood", "Wyn",
];
const BACKS: &[&str] = &[
    "borough", "bourne", "bridge", "brook", "bury", "by", "combe", "cote", "croft", "dale", "den", "field", "ford", "gate",
    "ham", "hurst", "ing", "land", "leigh", "ley", "mere", "minster", "moor", "rigg", "shaw", "stead", "stoke", "stow", "thorpe",
    "ton", "well", "wick", "wood", "worth",
];
const SAINTS: &[&str] = &[
    "All Saints",
    "Christ Church",
    "Holy Trinity",
    "Sacred Heart",
    "St Aidan\u{2019}s",
    "St Anne\u{2019}s",
    "St Bede\u{2019}s",
    "St Catherine\u{2019}s",
    "St Chad\u{2019}s",
    "St Cuthbert\u{2019}s",
    "St Francis",
    "St George\u{2019}s",
    "St James\u{2019}",
    "St John\u{2019}s",
    "St Joseph\u{2019}s",
    "St Luke\u{2019}s",
    "St Margaret\u{2019}s",
    "St Mark\u{2019}s",
    "St Mary\u{2019}s",
    "St Michael\u{2019}s",
    "St Oswald\u{2019}s",
    "St Patrick\u{2019}s",
    "St Paul\u{2019}s",
    "St Peter\u{2019}s",
    "St Th\u{e9}r\u{e8}se of Lisieux",
    "St Thomas",
];

/// An invented place name.
pub(super) fn place(rng: &mut SeededRng) -> String {
    let front = rng.pick(FRONTS);
    let back = rng.pick(BACKS);
    // Rejects repetitions such as `Wood` + `wood`, and three equal letters in a row.
    let back = if front.eq_ignore_ascii_case(back) { "ton" } else { back };
    format!("{front}{back}")
}

/// A school's name, derived from its place or its church.
pub(super) fn school(rng: &mut SeededRng, phase: GiasPhase, church: bool) -> String {
    let place = place(rng);
    let ending = match phase {
        GiasPhase::Primary if church => "Church of England Primary School",
        GiasPhase::Primary => {
            rng.pick::<&str>(&["Primary School", "Primary School", "Community Primary School", "Infant School", "Junior School"])
        }
        GiasPhase::MiddlePrimary | GiasPhase::MiddleSecondary => "Middle School",
        GiasPhase::Secondary => rng.pick::<&str>(&["School", "High School", "Academy", "Community College"]),
        GiasPhase::AllThrough => rng.pick::<&str>(&["Academy", "School"]),
        GiasPhase::Nursery => "Nursery School",
        GiasPhase::SixteenPlus => rng.pick::<&str>(&["College", "Sixth Form College"]),
        GiasPhase::None => rng.pick::<&str>(&["Centre", "School"]),
    };
    if church {
        let saint = rng.pick(SAINTS);
        return format!("{saint} {ending}, {place}");
    }
    format!("{place} {ending}")
}
