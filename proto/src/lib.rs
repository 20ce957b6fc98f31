//! The contracts between the services, compiled from `mathshubs/<package>/v1/*.proto`, and nothing else.
//! Read the `.proto` files: they say what each field means.

/// What happened in a service, in order.
pub mod feed {
    /// Version 1.
    pub mod v1 {
        tonic::include_proto!("mathshubs.feed.v1");
    }
}

/// Hubs, the school register and published reach.
pub mod network {
    /// Version 1.
    pub mod v1 {
        tonic::include_proto!("mathshubs.network.v1");
    }
}

/// Rounds, applications and participations.
pub mod enrolment {
    /// Version 1.
    pub mod v1 {
        tonic::include_proto!("mathshubs.enrolment.v1");
    }
}

/// All files as an encoded `FileDescriptorSet`, comments included: for reflection, and for tests that hold the contracts to their rules.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
