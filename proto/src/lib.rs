//! The contracts between the services, compiled from `mathshubs/<package>/v1/*.proto`.
//! Read the `.proto` files: they say what each field means.

pub mod event_payload;
pub mod figures;
pub mod list_request;
pub mod mutation;
pub mod reach_policy;
pub mod reason;
pub mod role;

pub use event_payload::EventPayload;
pub use figures::figures_sha256;
pub use list_request::ListRequest;
pub use mutation::Mutation;
pub use reach_policy::reach_policy_assumed;
pub use reason::Reason;

/// Includes what was generated for a package. Its style is the generator's.
macro_rules! package {
    ($package:ident, $name:literal, $doc:literal $(, $lint:path)*) => {
        #[doc = $doc]
        #[expect(
            clippy::allow_attributes,
            clippy::allow_attributes_without_reason,
            $($lint,)*
            reason = "generated code carries its own exemptions"
        )]
        pub mod $package {
            /// Version 1.
            pub mod v1 {
                tonic::include_proto!($name);
            }
        }
    };
}

package!(approval, "mathshubs.approval.v1", "Changes that wait for a second person.");
package!(audit, "mathshubs.audit.v1", "Changes, readings of people, and refusals.");
package!(feed, "mathshubs.feed.v1", "What happened in a service, in order.");
package!(person, "mathshubs.person.v1", "What a service stores about a person.");
package!(network, "mathshubs.network.v1", "Hubs, the school register and published reach.", clippy::large_enum_variant);
package!(enrolment, "mathshubs.enrolment.v1", "Rounds, applications, participations and Work Groups.");
package!(meeting, "mathshubs.meeting.v1", "Meetings and visits, with their registers.");
package!(funding, "mathshubs.funding.v1", "Policies, budgets, entitlements, payments and the ledger.");
package!(specialists, "mathshubs.specialists.v1", "Cohorts, nominations and the selection of specialists.");

/// Options of the contracts: who may call which method. Without services, so its generated code carries no exemptions.
pub mod access {
    /// Version 1.
    pub mod v1 {
        tonic::include_proto!("mathshubs.access.v1");
    }
}

/// All files as an encoded `FileDescriptorSet`, comments included: for reflection, and for tests that hold the contracts to their rules.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
