//! Resolves person references: ids first, then aliases, byte for byte.

use std::collections::BTreeMap;

use compact_str::CompactString;

use crate::fault::Fault;
use crate::kind::{SourceSystem, is_identifier};
use crate::record::{Person, Record};
use crate::table::Table;

/// Who an alias stands for. Made once per capture.
#[derive(Debug, Clone, Default)]
pub(crate) struct PeopleDirectory {
    aliases: BTreeMap<CompactString, u32>,
}

impl PeopleDirectory {
    /// Indexes the aliases of `people`.
    ///
    /// # Errors
    /// An alias that breaks the id pattern, or that two people share, is a fault.
    pub(crate) fn index(people: &Table<Person>, file: &str) -> Result<Self, Vec<Fault>> {
        let mut directory = Self::default();
        let mut faults = Vec::new();
        let mut fault = |person: &Person, position: usize, reason: String| {
            faults.push(Fault {
                source: SourceSystem::Identity,
                file: Some(file.to_owned()),
                record: Some(format!("`{}`", person.id())),
                field: Some(format!("/aliases/{position}")),
                reason,
            });
        };
        for (row, person) in people.iter() {
            for (position, alias) in person.aliases.iter().enumerate() {
                if !is_identifier(alias.as_str()) {
                    fault(
                        person,
                        position,
                        "does not match [A-Za-z0-9._:@+-]+".to_owned(),
                    );
                    continue;
                }
                let holder = *directory
                    .aliases
                    .entry(alias.as_str().into())
                    .or_insert(row);
                if holder != row {
                    let other = people.get(holder).map_or("", Record::id);
                    fault(
                        person,
                        position,
                        format!("alias `{alias}` is also an alias of `{other}`"),
                    );
                }
            }
        }
        if faults.is_empty() {
            Ok(directory)
        } else {
            Err(faults)
        }
    }

    /// The row in `people` of the person whom `reference` names; `None` where it names nobody.
    pub(crate) fn resolve(&self, people: &Table<Person>, reference: &str) -> Option<u32> {
        // "ids win": an alias that equals another person's id stands for the person with that id.
        people
            .find(reference)
            .or_else(|| self.aliases.get(reference).copied())
    }
}
