//! Rights on the files of a SQLite database: a new one is its owner's alone, and one that everybody can read is refused.

use std::{
    ffi::OsString,
    fs::{DirBuilder, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use crate::Error;

/// Rights of a new file. SQLite gives its log and its shared memory the rights of the database.
const FILE_MODE: u32 = 0o600;
/// Rights of a new folder.
const FOLDER_MODE: u32 = 0o700;
const OTHERS: u32 = 0o007;
const GROUP: u32 = 0o070;

/// Creates a folder and its missing parents, with rights for the owner alone. The rights of a folder that exists stay as they are.
pub fn create_private_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder)
}

/// Creates the file if it is missing. Refuses a database whose file, log or shared memory is open to others than its owner and group. Rights of the
/// group are logged only: Kubernetes' fsGroup sets them.
pub(crate) fn protect(path: &Path) -> Result<(), Error> {
    let open_error = |source| Error::Open { what: path.display().to_string(), source: sqlx::Error::Io(source) };
    match OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(open_error(error)),
        _ => {}
    }
    for file in ["", "-wal", "-shm"].map(|suffix| with_suffix(path, suffix)) {
        let mode = match file.metadata() {
            Ok(metadata) if metadata.is_file() => metadata.permissions().mode(),
            // SQLite says what is wrong with it.
            Ok(_) => continue,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(open_error(error)),
        };
        if mode & OTHERS != 0 {
            return Err(Error::Exposed { file, mode: mode & 0o777 });
        }
        if mode & GROUP != 0 {
            tracing::warn!(file = %file.display(), mode = format!("{:o}", mode & 0o777), "the group of a database file has rights on it");
        }
    }
    Ok(())
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}
