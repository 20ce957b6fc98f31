//! One value for each service.

/// One value for each service, by the service's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PerService<T> {
    /// Of the network service.
    pub(crate) network: T,
    /// Of the enrolment service.
    pub(crate) enrolment: T,
    /// Of the specialists service.
    pub(crate) specialists: T,
    /// Of the funding service.
    pub(crate) funding: T,
}

/// The names of the services.
pub(crate) const NAMES: PerService<&str> =
    PerService { network: "network", enrolment: "enrolment", specialists: "specialists", funding: "funding" };

impl<T> PerService<T> {
    /// Maps each value; fails with the first error.
    pub(crate) fn try_map<U, E>(self, mut make: impl FnMut(T) -> Result<U, E>) -> Result<PerService<U>, E> {
        Ok(PerService {
            network: make(self.network)?,
            enrolment: make(self.enrolment)?,
            specialists: make(self.specialists)?,
            funding: make(self.funding)?,
        })
    }

    /// Maps the values one after the other; fails with the first error.
    pub(crate) async fn try_map_in_turn<U, E>(self, mut make: impl AsyncFnMut(T) -> Result<U, E>) -> Result<PerService<U>, E> {
        Ok(PerService {
            network: make(self.network).await?,
            enrolment: make(self.enrolment).await?,
            specialists: make(self.specialists).await?,
            funding: make(self.funding).await?,
        })
    }

    /// All values, in the order in which the services depend on each other.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        [&self.network, &self.enrolment, &self.specialists, &self.funding].into_iter()
    }
}
