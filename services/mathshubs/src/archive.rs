//! Reads GIAS' zip, which contains an extract, sometimes its links file, and other downloads.
//!
//! An entry is recognised by its name (`edubasealldata20261101.csv`, `links_edubasealldata20261101.csv`), otherwise by its CSV header.

use std::io::{Cursor, Read};

use anyhow::{Context, bail};
use zip::{CompressionMethod, ZipArchive};

/// Maximum entries of an archive.
const ENTRIES_MAX: usize = 100;
/// Maximum bytes of one unpacked file; the network service has the same limit.
const UNPACKED_SIZE_MAX_BYTES: u64 = 256_000_000;
/// Bytes in which a CSV header is searched.
const HEADER_SIZE_MAX_BYTES: u64 = 64 * 1024;
/// Maximum names in an error message.
const NAMES_SHOWN_MAX: usize = 5;
/// Maximum characters of a name in an error message.
const NAME_SHOWN_CHARS_MAX: usize = 100;

/// A file of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Name without folders.
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

/// Kind of a GIAS file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An all-establishments extract.
    Extract,
    /// A links file.
    Links,
}

impl Kind {
    /// Prefix of GIAS' names of such files.
    const fn prefix(self) -> &'static str {
        match self {
            Self::Extract => "edubasealldata",
            Self::Links => "links_edubasealldata",
        }
    }

    /// Columns that identify the header of such a file.
    const fn columns(self) -> [&'static str; 2] {
        match self {
            Self::Extract => ["URN", "EstablishmentStatus (code)"],
            Self::Links => ["URN", "LinkURN"],
        }
    }

    const fn description(self) -> &'static str {
        match self {
            Self::Extract => "all-establishments extract (`edubasealldata….csv`)",
            Self::Links => "links file (`links_edubasealldata….csv`)",
        }
    }

    fn is_header(self, start: &[u8]) -> bool {
        let line = start.split(|byte| matches!(byte, b'\r' | b'\n')).next().unwrap_or_default();
        let line = String::from_utf8_lossy(line);
        let columns: Vec<&str> = line.split(',').map(|column| column.trim_matches(['"', ' ', '\u{feff}'])).collect();
        self.columns().iter().all(|column| columns.contains(column))
    }
}

/// True if the bytes start with the signature of a zip archive.
pub(crate) fn is_zip(bytes: &[u8]) -> bool {
    [&b"PK\x03\x04"[..], b"PK\x05\x06"].iter().any(|signature| bytes.starts_with(signature))
}

/// An open archive, with its name for error messages.
pub(crate) struct Archive<'b> {
    name: String,
    zip: ZipArchive<Cursor<&'b [u8]>>,
    /// Index and name of each file; folders and hidden files are left out.
    files: Vec<(usize, String)>,
}

impl<'b> Archive<'b> {
    /// Errors when the archive is damaged or has too many entries.
    pub(crate) fn open(name: &str, bytes: &'b [u8]) -> anyhow::Result<Self> {
        let damaged = || format!("{name} is a damaged zip; download it again");
        let mut zip = ZipArchive::new(Cursor::new(bytes)).with_context(damaged)?;
        if zip.len() > ENTRIES_MAX {
            bail!("{name} contains {} files, more than {ENTRIES_MAX}; unpack it and give the CSV file", zip.len());
        }
        let mut files = Vec::new();
        for index in 0..zip.len() {
            let entry = zip.by_index_raw(index).with_context(damaged)?;
            let path = entry.name().with_context(damaged)?.into_owned();
            let name = path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
            if !entry.is_dir() && !name.is_empty() && !name.starts_with('.') && !path.starts_with("__MACOSX/") {
                files.push((index, name));
            }
        }
        Ok(Self { name: name.to_owned(), zip, files })
    }

    /// The only file of a kind; `None` when there is none. Errors when there are several, or when it cannot be unpacked.
    pub(crate) fn find(&mut self, kind: Kind) -> anyhow::Result<Option<Entry>> {
        let is_named = |name: &str| {
            let name = name.to_ascii_lowercase();
            name.starts_with(kind.prefix()) && name.ends_with(".csv")
        };
        let mut found: Vec<(usize, String)> = self.files.iter().filter(|(_, name)| is_named(name)).cloned().collect();
        if found.is_empty() {
            for (index, name) in self.files.clone() {
                if name.to_ascii_lowercase().ends_with(".csv")
                    && kind.is_header(&self.read(index, &name, HEADER_SIZE_MAX_BYTES)?)
                {
                    found.push((index, name));
                }
            }
        }
        match found.as_slice() {
            [] => Ok(None),
            [(index, name)] => {
                let bytes = self.read(*index, name, UNPACKED_SIZE_MAX_BYTES + 1)?;
                if u64::try_from(bytes.len()).is_ok_and(|size| size > UNPACKED_SIZE_MAX_BYTES) {
                    bail!("{} in {} is larger than {UNPACKED_SIZE_MAX_BYTES} bytes after unpacking", printable(name), self.name);
                }
                Ok(Some(Entry { name: name.clone(), bytes }))
            }
            several => bail!(
                "{} contains more than one {}: {}; unpack it and give one of them",
                self.name,
                kind.description(),
                names(several.iter().map(|(_, name)| name))
            ),
        }
    }

    /// The only file of a kind. Errors when there is none.
    pub(crate) fn file(&mut self, kind: Kind) -> anyhow::Result<Entry> {
        let contents = names(self.files.iter().map(|(_, name)| name));
        let none = || format!("{} contains no {}; it contains {contents}", self.name, kind.description());
        let none = none();
        self.find(kind)?.context(none)
    }

    /// Unpacks at most `size_max_bytes` of a file.
    fn read(&mut self, index: usize, name: &str, size_max_bytes: u64) -> anyhow::Result<Vec<u8>> {
        let place = format!("{} in {}", printable(name), self.name);
        let damaged = || format!("{place} is damaged; download it again");
        let packed = self.zip.by_index_raw(index).with_context(damaged)?;
        if packed.encrypted() {
            bail!("{place} is encrypted; unpack it and give the CSV file");
        }
        if !matches!(packed.compression(), CompressionMethod::Stored | CompressionMethod::Deflated) {
            bail!("{place} is compressed by an unsupported method; unpack it and give the CSV file");
        }
        drop(packed);
        let entry = self.zip.by_index(index).with_context(damaged)?;
        let mut bytes = Vec::new();
        entry.take(size_max_bytes).read_to_end(&mut bytes).with_context(damaged)?;
        Ok(bytes)
    }
}

fn names<'n>(names: impl Iterator<Item = &'n String>) -> String {
    let all: Vec<&String> = names.collect();
    let mut listed: Vec<String> = all.iter().take(NAMES_SHOWN_MAX).map(|name| printable(name)).collect();
    if all.len() > NAMES_SHOWN_MAX {
        listed.push(format!("{} more", all.len() - NAMES_SHOWN_MAX));
    }
    if listed.is_empty() { "nothing".to_owned() } else { listed.join(", ") }
}

/// A name without control characters, shortened.
fn printable(name: &str) -> String {
    let clean = |character: char| if character.is_control() { char::REPLACEMENT_CHARACTER } else { character };
    name.chars().map(clean).take(NAME_SHOWN_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::{ZipWriter, write::SimpleFileOptions};

    use super::*;

    const EXTRACT: &[u8] = b"\"URN\",\"LA (code)\",\"EstablishmentStatus (code)\"\r\n100001,373,1\r\n";
    const LINKS: &[u8] = b"\xEF\xBB\xBFURN,LinkURN,LinkName,LinkType,LinkEstablishedDate\n";

    fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
            writer.start_file(*name, options).expect("memory can be written to");
            writer.write_all(bytes).expect("memory can be written to");
        }
        writer.finish().expect("memory can be written to").into_inner()
    }

    fn find(bytes: &[u8], kind: Kind) -> Result<Option<String>, String> {
        let found = Archive::open("extract.zip", bytes).and_then(|mut archive| archive.find(kind));
        found.map(|entry| entry.map(|entry| entry.name)).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn files_are_recognised_by_name_and_otherwise_by_header() {
        let named = zip(&[
            ("results/edubasealldata20261101.csv", EXTRACT),
            ("results/edubaseallstatefunded20261101.csv", EXTRACT),
            ("results/links_edubasealldata20261101.csv", LINKS),
            ("__MACOSX/results/edubasealldata20261101.csv", b"x"),
            ("readme.txt", b"x"),
        ]);
        assert!(is_zip(&named) && !is_zip(EXTRACT));
        assert_eq!(find(&named, Kind::Extract), Ok(Some("edubasealldata20261101.csv".to_owned())));
        assert_eq!(find(&named, Kind::Links), Ok(Some("links_edubasealldata20261101.csv".to_owned())));
        let renamed = zip(&[("schools.csv", EXTRACT), ("links.csv", LINKS), ("notes.csv", b"a,b\n1,2\n")]);
        assert_eq!(find(&renamed, Kind::Extract), Ok(Some("schools.csv".to_owned())));
        assert_eq!(find(&renamed, Kind::Links), Ok(Some("links.csv".to_owned())));
        assert_eq!(find(&zip(&[("schools.csv", EXTRACT)]), Kind::Links), Ok(None));
    }

    #[test]
    fn an_archive_without_an_extract_or_with_two_is_refused() {
        let mut none = Archive::open("extract.zip", b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0").expect("it is empty");
        let refused = none.file(Kind::Extract).expect_err("it holds nothing").to_string();
        assert!(
            refused.starts_with("extract.zip contains no all-establishments extract") && refused.ends_with("nothing"),
            "{refused}"
        );
        let many: Vec<String> = (0..9).map(|number| format!("{number}.pdf")).collect();
        let many: Vec<(&str, &[u8])> = many.iter().map(|name| (name.as_str(), &b"x"[..])).collect();
        let bytes = zip(&many);
        let mut many = Archive::open("extract.zip", &bytes).expect("it is an archive");
        let refused = many.file(Kind::Extract).expect_err("it holds no extract").to_string();
        assert!(refused.ends_with("it contains 0.pdf, 1.pdf, 2.pdf, 3.pdf, 4.pdf, 4 more"), "{refused}");
        let two = zip(&[("edubasealldata20261101.csv", EXTRACT), ("edubasealldata20261102.csv", EXTRACT)]);
        let refused = find(&two, Kind::Extract).expect_err("there are two");
        assert!(refused.contains("more than one") && refused.contains("edubasealldata20261102.csv"), "{refused}");
        assert!(find(&zip(&[("a.csv", EXTRACT), ("b.csv", EXTRACT)]), Kind::Extract).is_err());
    }

    #[test]
    fn an_entry_that_cannot_be_unpacked_is_refused_with_the_reason() {
        let good = zip(&[("edubasealldata20261101.csv", EXTRACT)]);
        // The central directory says how an entry is packed: its flags are at 8, its method at 10.
        let directory = good.windows(4).position(|four| four == b"PK\x01\x02").expect("there is a directory");
        let change = |offset: usize, value: u8| {
            let mut bytes = good.clone();
            bytes[directory + offset] = value;
            bytes[offset - 2] = value;
            find(&bytes, Kind::Extract).expect_err("it cannot be unpacked")
        };
        assert!(change(8, 1).contains("is encrypted"), "{}", change(8, 1));
        assert!(change(10, 12).contains("compressed by an unsupported method"), "{}", change(10, 12));
        let mut damaged = good.clone();
        damaged[60] ^= 0xFF;
        let refused = find(&damaged, Kind::Extract).expect_err("its checksum is wrong");
        assert!(refused.contains("is damaged; download it again"), "{refused}");
        let refused = find(&good[..good.len() - 30], Kind::Extract).expect_err("its end is missing");
        assert!(refused.contains("extract.zip is a damaged zip"), "{refused}");
    }

    #[test]
    fn a_file_or_archive_above_its_limit_is_refused() {
        // 256 MB of zeros are a quarter of a megabyte when packed.
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        writer.start_file("edubasealldata20261101.csv", options).expect("memory can be written to");
        std::io::copy(&mut std::io::repeat(0).take(UNPACKED_SIZE_MAX_BYTES + 1), &mut writer).expect("memory can be written to");
        let bytes = writer.finish().expect("memory can be written to").into_inner();
        assert!(bytes.len() < 1_000_000, "{}", bytes.len());
        let refused = find(&bytes, Kind::Extract).expect_err("it is too large");
        assert!(refused.contains("is larger than 256000000 bytes"), "{refused}");
        let entries: Vec<String> = (0..=ENTRIES_MAX).map(|number| format!("{number}.csv")).collect();
        let entries: Vec<(&str, &[u8])> = entries.iter().map(|name| (name.as_str(), EXTRACT)).collect();
        let refused = find(&zip(&entries), Kind::Extract).expect_err("it has too many entries");
        assert!(refused.contains("contains 101 files"), "{refused}");
    }
}
