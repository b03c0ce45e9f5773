//! `custody schema`: JSON schemas, made from the Rust types.

use std::collections::BTreeMap;

use custody_controls::capture::record_schema;
use custody_controls::draft::Draft;
use custody_controls::kind::Kind;
use custody_controls::packet::Packet;

use super::arguments::{SchemaArguments, SchemaOf};
use super::{Exit, terminal};

pub(super) fn run(arguments: &SchemaArguments) -> anyhow::Result<Exit> {
    match arguments.of {
        SchemaOf::Packet => {
            let generator = schemars::generate::SchemaSettings::draft2020_12()
                .for_serialize()
                .into_generator();
            terminal::print_json(&generator.into_root_schema_for::<Packet>())?;
        }
        SchemaOf::Draft => terminal::print_json(&schemars::schema_for!(Draft))?,
        SchemaOf::Records => {
            let kinds: BTreeMap<&str, schemars::Schema> = Kind::ALL
                .into_iter()
                .map(|kind| (kind.path(), record_schema(kind)))
                .collect();
            terminal::print_json(&kinds)?;
        }
    }
    Ok(Exit::Done)
}
