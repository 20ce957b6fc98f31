//! Lineages of schools, read from a links file, so that no school applies twice under two URNs.

use std::collections::HashMap;

use network::links::says_descent;

/// Schools joined by links in either direction: two schools with a common predecessor are of one lineage too.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lineage(HashMap<i32, i32>);

impl Lineage {
    /// Adds the links of a file. Rows of other link types and unreadable rows are skipped: the import validates the file.
    pub(crate) fn add_file(&mut self, links: &[u8]) {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(links);
        let column = |headers: &csv::ByteRecord, name: &str| headers.iter().position(|header| header == name.as_bytes());
        let Ok(headers) = reader.byte_headers().cloned() else { return };
        let columns = ["URN", "LinkURN", "LinkType"].map(|name| column(&headers, name));
        let [Some(urn), Some(link_urn), Some(link_type)] = columns else { return };
        let mut record = csv::ByteRecord::new();
        while reader.read_byte_record(&mut record).unwrap_or(false) {
            let number = |column: usize| std::str::from_utf8(record.get(column)?).ok()?.trim().parse::<i32>().ok();
            let descent = record.get(link_type).is_some_and(|link_type| says_descent(String::from_utf8_lossy(link_type).trim()));
            if let (Some(one), Some(other), true) = (number(urn), number(link_urn), descent) {
                self.join(one, other);
            }
        }
    }

    fn join(&mut self, one: i32, other: i32) {
        let (one, other) = (self.of(one), self.of(other));
        // The least URN represents the lineage, so that the order of links does not matter.
        self.0.insert(one.max(other), one.min(other));
    }

    /// The least URN of a school's lineage; its own URN when it has no links.
    pub(crate) fn of(&self, urn: i32) -> i32 {
        let mut urn = urn;
        while let Some(next) = self.0.get(&urn).filter(|next| **next != urn) {
            urn = *next;
        }
        urn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lineage_is_represented_by_its_least_urn_in_any_order_of_links() {
        let header = "\"URN\",\"LinkURN\",\"LinkName\",\"LinkType\",\"LinkEstablishedDate\"\r\n";
        let rows = [
            "3,2,\"x\",\"Predecessor\",\"\"\r\n",
            "2,1,\"x\",\"Predecessor - merged\",\"\"\r\n",
            "9,8,\"x\",\"Sixth Form Centre Link\",\"\"\r\n",
            "7,6,\"x\",\"Merged - change in age range\",\"\"\r\n",
        ];
        for order in [[0, 1, 2, 3], [3, 2, 1, 0]] {
            let mut lineage = Lineage::default();
            lineage.add_file(format!("{header}{}", order.map(|row| rows[row]).concat()).as_bytes());
            assert_eq!([1, 2, 3, 6, 7, 8, 9].map(|urn| lineage.of(urn)), [1, 1, 1, 6, 6, 8, 9]);
        }
    }
}
