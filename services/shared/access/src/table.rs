//! The table of methods and roles for review: `proto/access.csv`.

use std::fmt::Write;

use prost_reflect::DescriptorPool;

use crate::{
    AccessError, Authorizer, Permission, Role,
    methods::{REFLECTION, method_names},
    second_person,
};

/// CSV with the columns `method` and one per role, and one line per method of the project's services, ordered by file and declaration; reflection
/// comes last. Cells: `all` (may call it for all resources), `own` (for its own hub's or school's resources) and `no`. Fails like
/// [`Authorizer::new`]. The last column lists the roles that confirm a call as its second person; a role with `!` calls without one.
pub fn table(pool: &DescriptorPool) -> Result<String, AccessError> {
    let mut services: Vec<_> = pool.services().filter(|service| service.package_name().starts_with("mathshubs.")).collect();
    services.sort_by_key(|service| (service.parent_file().name().to_owned(), service.index()));
    let names: Vec<&str> = services.iter().map(|service| service.full_name()).collect();
    let authorizer = Authorizer::new(pool, &names)?;
    let mut csv = format!("method,{},second_person\n", Role::ALL.map(Role::as_str).join(","));
    for method in services.iter().flat_map(method_names).chain(REFLECTION.map(str::to_owned)) {
        let cells = Role::ALL.map(|role| authorizer.permission(role, &method).unwrap_or(Permission::No).as_str());
        let second = second_person(&method).map(|second| {
            let confirmers = second.confirmers.iter().map(|role| role.as_str().to_owned());
            confirmers.chain(second.at_once.iter().map(|role| format!("!{role}"))).collect::<Vec<_>>().join(" ")
        });
        writeln!(csv, "{method},{},{}", cells.join(","), second.unwrap_or_default()).expect("a String can be written");
    }
    Ok(csv)
}
