//! The names of the variables that are settings.

/// The variables that the programs of the suite read. All services of a deployment may get the same ones, so a variable of another service is no mistake.
pub const VARIABLES: [&str; 34] = [
    "MATHSHUBS_ADMIN_LISTEN",
    "MATHSHUBS_CONCURRENCY_MAX",
    "MATHSHUBS_CONNECTIONS_MAX",
    "MATHSHUBS_CONNECTION_AGE_MAX_SECONDS",
    "MATHSHUBS_DATABASE_URL",
    "MATHSHUBS_DEADLINE_DEFAULT_MS",
    "MATHSHUBS_DEADLINE_MAX_MS",
    "MATHSHUBS_DENY_PATH",
    "MATHSHUBS_DRAIN_GRACE_MS",
    "MATHSHUBS_DRAIN_MAX_MS",
    "MATHSHUBS_ENROLMENT_URL",
    "MATHSHUBS_FUNDING_URL",
    "MATHSHUBS_LISTEN",
    "MATHSHUBS_LOG_FORMAT",
    "MATHSHUBS_NETWORK_URL",
    "MATHSHUBS_OTLP_ENDPOINT",
    "MATHSHUBS_PEER_CA_PATH",
    "MATHSHUBS_PEER_CERTIFICATE_PATH",
    "MATHSHUBS_PEER_CONNECTIONS_MAX",
    "MATHSHUBS_PEER_KEY_PATH",
    "MATHSHUBS_PEER_REQUEST_BYTES_MAX",
    "MATHSHUBS_PEER_TOKENS",
    "MATHSHUBS_PLAINTEXT_ALLOWED",
    "MATHSHUBS_SPECIALISTS_URL",
    "MATHSHUBS_STREAMS_PER_CONNECTION_MAX",
    "MATHSHUBS_STREAM_DEADLINE_MAX_MS",
    "MATHSHUBS_SUBJECT_ROLES",
    "MATHSHUBS_TLS_CERTIFICATE_PATH",
    "MATHSHUBS_TLS_CLIENT_CA_PATH",
    "MATHSHUBS_TLS_KEY_PATH",
    "MATHSHUBS_TOKEN",
    "MATHSHUBS_TOKEN_AGE_MAX_SECONDS",
    "MATHSHUBS_TRUST",
    "MATHSHUBS_TRUSTED_PROXIES",
];

pub(crate) const PREFIX: &str = "MATHSHUBS_";
/// The variables of the tests.
const TEST_PREFIX: &str = "MATHSHUBS_TEST_";
/// Most letters in which a misspelt variable differs from the one that is suggested.
const MISSPELT_LETTERS_MAX: usize = 4;
/// The fault of a variable, if the suite does not read one of this name.
pub(crate) fn unknown(variable: &str) -> Option<String> {
    let rest = variable.strip_prefix(PREFIX)?;
    if VARIABLES.contains(&variable) || variable.starts_with(TEST_PREFIX) || is_service_link(rest) {
        return None;
    }
    let distance = |known: &&str| strsim::damerau_levenshtein(known, variable);
    let nearest = VARIABLES.iter().min_by_key(|known| distance(known)).filter(|known| distance(known) <= MISSPELT_LETTERS_MAX);
    let meant = nearest.map_or_else(String::new, |nearest| format!("; {nearest} is one"));
    Some(format!("is not a setting{meant}"))
}

/// Kubernetes sets such variables for each Service of a namespace: `MATHSHUBS_NETWORK_PORT_50051_TCP_ADDR` for `mathshubs-network`.
fn is_service_link(rest: &str) -> bool {
    let is_of_port = |protocol: &str| rest.contains("PORT_") && rest.contains(protocol);
    rest.ends_with("SERVICE_HOST")
        || rest.ends_with("PORT")
        || rest.contains("SERVICE_PORT_")
        || ["_TCP", "_UDP", "_SCTP"].into_iter().any(is_of_port)
}

#[cfg(test)]
mod tests {
    use super::unknown;

    #[test]
    fn variables_that_kubernetes_sets_for_services_are_no_mistakes() {
        for set in [
            "MATHSHUBS_SERVICE_HOST",
            "MATHSHUBS_NETWORK_SERVICE_PORT_GRPC",
            "MATHSHUBS_NETWORK_PORT",
            "MATHSHUBS_NETWORK_PORT_50051_TCP_ADDR",
        ] {
            assert_eq!(unknown(set), None, "{set}");
        }
    }

    #[test]
    fn the_setting_that_a_misspelt_variable_means_is_named() {
        for (variable, expected) in [
            ("MATHSHUBS_LISTENS", "is not a setting; MATHSHUBS_LISTEN is one"),
            ("MATHSHUBS_FLAVOUR_OF_THE_MONTH", "is not a setting"),
        ] {
            assert_eq!(unknown(variable).as_deref(), Some(expected));
        }
        assert_eq!([unknown("MATHSHUBS_TRUST"), unknown("PATH")], [None, None]);
    }
}
