//! Pages of what hangs on a parent.

use sqlx::{ColumnIndex, Decode, FromRow, Row, Type};

/// A row of the page of a parent's children that [`child_page!`](crate::child_page) reads. A parent without any has one row, which holds no child: so one
/// statement tells an empty page from a parent that is not there.
#[derive(Debug)]
pub struct Child<T> {
    parent_id: String,
    child: Option<T>,
}

impl<'r, R, T> FromRow<'r, R> for Child<T>
where
    R: Row,
    T: FromRow<'r, R>,
    &'static str: ColumnIndex<R>,
    String: Decode<'r, R::Database> + Type<R::Database>,
    bool: Decode<'r, R::Database> + Type<R::Database>,
{
    fn from_row(row: &'r R) -> sqlx::Result<Self> {
        let child = if row.try_get("has_child")? { Some(T::from_row(row)?) } else { None };
        Ok(Self { parent_id: row.try_get("parent_id")?, child })
    }
}

impl<T> Child<T> {
    /// The parent's id and its children. `None` when there is no such parent.
    pub fn page(rows: Vec<Self>) -> Option<(String, Vec<T>)> {
        let parent_id = rows.first()?.parent_id.clone();
        Some((parent_id, rows.into_iter().filter_map(|row| row.child).collect()))
    }
}

/// The text of a query of [`Child`]: `$parent` is a query of the one parent's id as `parent_id`, `$page` one of its children that orders and limits them,
/// `$order` their order once more, and `$column` one of theirs that is never NULL.
#[macro_export]
macro_rules! child_page {
    ($parent:expr, $column:literal, $page:expr, $order:literal) => {
        concat!(
            "SELECT parent.parent_id, page.",
            $column,
            " IS NOT NULL AS has_child, page.* FROM (",
            $parent,
            ") AS parent LEFT JOIN (",
            $page,
            ") AS page ON TRUE ORDER BY ",
            $order
        )
    };
}
