//! The values of jobs that are written together just before the commit.

use crate::{
    Conn, Deferred, Error, Flush, Tx,
    monitor::Use,
    requests::{RequestAnswer, request_answers_write},
};

/// The values of jobs that are written together just before the commit.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    /// Answers of requests.
    pub(crate) answers: Vec<RequestAnswer>,
    /// For the pool's [`Flush`].
    pub(crate) deferred: Vec<Deferred>,
}

/// A point between two jobs.
pub(crate) struct Mark {
    answers: usize,
    deferred: usize,
}

impl Pending {
    pub(crate) fn is_empty(&self) -> bool {
        self.answers.is_empty() && self.deferred.is_empty()
    }

    pub(crate) fn mark(&self) -> Mark {
        Mark { answers: self.answers.len(), deferred: self.deferred.len() }
    }

    /// Drops the values that came after `mark`: those of a job that is undone.
    pub(crate) fn undo_to(&mut self, mark: Mark) {
        self.answers.truncate(mark.answers);
        self.deferred.truncate(mark.deferred);
    }

    /// Writes them all. Returns whether anything was deferred for the flush.
    pub(crate) async fn write(self, conn: Conn<'_>, used: Use<'_>, flush: &dyn Flush) -> Result<bool, Error> {
        let mut nothing = Self::default();
        let mut tx = Tx::new(conn, &mut nothing, used);
        request_answers_write(&mut tx, &self.answers).await?;
        let has_deferred = !self.deferred.is_empty();
        if has_deferred {
            flush.flush(tx, self.deferred).await?;
        }
        Ok(has_deferred)
    }
}
