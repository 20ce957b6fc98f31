//! The amounts in use, of the process, of each peer address and of each identity.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering},
    },
};

/// A resource that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resource {
    /// Open connections.
    Connections,
    /// Calls whose message has arrived, until their answer is read.
    Calls,
    /// Calls that take or return a stream.
    Streams,
    /// Streams of `grpc.health.v1.Health/Watch`.
    Watches,
    /// Bytes of messages that have not arrived as a whole.
    RequestBytes,
    /// Bytes of answers that their caller has not read.
    AnswerBytes,
}

impl Resource {
    pub(crate) const ALL: [Self; 6] =
        [Self::Connections, Self::Calls, Self::Streams, Self::Watches, Self::RequestBytes, Self::AnswerBytes];

    /// The name in metrics.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Connections => "connections",
            Self::Calls => "calls",
            Self::Streams => "streams",
            Self::Watches => "watches",
            Self::RequestBytes => "request_bytes",
            Self::AnswerBytes => "answer_bytes",
        }
    }
}

/// The amounts that one party uses.
#[derive(Debug, Default)]
pub(crate) struct Account([AtomicUsize; Resource::ALL.len()]);

impl Account {
    pub(crate) fn used(&self, resource: Resource) -> usize {
        self.0[resource as usize].load(Ordering::Relaxed)
    }

    /// Adds an amount, unless more than `max` would be in use then.
    fn add(&self, resource: Resource, amount: usize, max: usize) -> bool {
        let count = &self.0[resource as usize];
        let fits = count.fetch_add(amount, Ordering::Relaxed).saturating_add(amount) <= max;
        if !fits {
            count.fetch_sub(amount, Ordering::Relaxed);
        }
        fits
    }

    fn subtract(&self, resource: Resource, amount: usize) {
        self.0[resource as usize].fetch_sub(amount, Ordering::Relaxed);
    }
}

/// An amount in use of several accounts. It is given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Hold {
    resource: Resource,
    amount: usize,
    accounts: Vec<(Arc<Account>, usize)>,
}

impl Hold {
    /// Nothing yet, of accounts with their maximums.
    pub(crate) fn of(resource: Resource, accounts: Vec<(Arc<Account>, usize)>) -> Self {
        Self { resource, amount: 0, accounts }
    }

    /// Changes the amount. False, and the amount is as before, when an account would exceed its maximum.
    pub(crate) fn set(&mut self, amount: usize) -> bool {
        if let Some(less) = self.amount.checked_sub(amount) {
            self.accounts.iter().for_each(|(account, _)| account.subtract(self.resource, less));
        } else {
            let more = amount - self.amount;
            for (index, (account, max)) in self.accounts.iter().enumerate() {
                if !account.add(self.resource, more, *max) {
                    self.accounts[..index].iter().for_each(|(account, _)| account.subtract(self.resource, more));
                    return false;
                }
            }
        }
        self.amount = amount;
        true
    }

    pub(crate) fn amount(&self) -> usize {
        self.amount
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.set(0);
    }
}

/// The accounts of all parties of a kind that use something.
#[derive(Debug)]
pub(crate) struct Accounts<K>(Mutex<HashMap<K, Weak<Account>>>);

impl<K> Default for Accounts<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash> Accounts<K> {
    /// The account of a party. It exists as long as the party uses something.
    pub(crate) fn of(&self, party: K) -> Arc<Account> {
        let mut accounts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(account) = accounts.get(&party).and_then(Weak::upgrade) {
            return account;
        }
        // Parties that use nothing any more leave when the map would grow.
        if accounts.len() == accounts.capacity() {
            accounts.retain(|_, account| account.strong_count() > 0);
        }
        let account = Arc::new(Account::default());
        accounts.insert(party, Arc::downgrade(&account));
        account
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_that_does_not_fit_one_account_is_taken_of_none() {
        let (wide, narrow) = (Arc::new(Account::default()), Arc::new(Account::default()));
        let hold = || Hold::of(Resource::Calls, vec![(Arc::clone(&wide), 10), (Arc::clone(&narrow), 2)]);
        let (mut first, mut second) = (hold(), hold());
        assert!(first.set(2) && !second.set(1));
        assert_eq!((wide.used(Resource::Calls), narrow.used(Resource::Calls)), (2, 2));
        assert!(first.set(1) && second.set(1) && !second.set(2));
        drop(first);
        assert_eq!((wide.used(Resource::Calls), second.amount()), (1, 1));
        drop(second);
        assert_eq!((wide.used(Resource::Calls), narrow.used(Resource::Calls)), (0, 0));
    }

    #[test]
    fn a_party_that_uses_nothing_leaves_no_account() {
        let accounts = Accounts::default();
        let kept = accounts.of(0);
        for party in 1..10_000 {
            accounts.of(party);
        }
        assert!(Arc::ptr_eq(&kept, &accounts.of(0)));
        assert!(accounts.0.lock().expect("no test panicked").len() < 100);
    }
}
