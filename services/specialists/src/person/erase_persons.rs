//! Erases the names and addresses of persons without an open case, as the retention policy says. Nominations, rankings and events keep their ids.

use service::{Context, RetentionKind, retention_days};

use super::store;

/// Erases in bounded steps. Errors when the database fails.
pub async fn erase_persons(context: &Context) -> Result<(), db::Error> {
    let today = context.clock.today();
    let erase = || {
        context.pool.write(move |mut tx| {
            Box::pin(async move {
                let days = retention_days(&mut tx, RetentionKind::Person, today).await?;
                let days = i32::try_from(days).expect("a policy has some thousand days at most");
                store::person_erase_before(&mut tx, today.plus_days(-days)).await
            })
        })
    };
    while erase().await? > 0 {}
    Ok(())
}
