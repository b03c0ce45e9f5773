//! The steps that are measured, each in a process of its own.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use custody_controls::assess::{Indexes, assess_indexed};
use custody_controls::capture::{Capture, SourceReading, Tables};
use custody_controls::instant::Instant;
use custody_controls::kind::{Kind, SourceSystem};
use custody_controls::library::Library;
use custody_controls::packet::{ReviewPeriod, ReviewScope};
use custody_controls::table::Layout;

use crate::clock::{mean_ms, memory};
use crate::world;

const SEED: u64 = 2026;
const EXPECTED: &str = "expected.txt";

/// Writes evidence about `keys` production keys, and the number of findings that it has.
pub(crate) fn generate(keys: usize, folder: &Path) -> Result<(), Box<dyn Error>> {
    let world = world::generate(keys, SEED);
    let mut bytes = 0;
    for (path, text) in &world.files {
        bytes += text.len();
        std::fs::write(folder.join(file_name(path)), text)?;
    }
    std::fs::write(folder.join(EXPECTED), world.expected.join("\n"))?;
    println!("bytes {bytes}");
    Ok(())
}

fn file_name(path: &str) -> String {
    format!("{}.json", path.replace('/', "-"))
}

/// Parses every file, one by one, into a value tree, and for comparison without keeping anything.
pub(crate) fn parse(folder: &Path) -> Result<(), Box<dyn Error>> {
    let files: Result<Vec<Vec<u8>>, _> = Kind::ALL
        .into_iter()
        .map(|kind| std::fs::read(folder.join(file_name(kind.path()))))
        .collect();
    let files = files?;
    let parse = mean_ms(|| {
        files
            .iter()
            .filter(|bytes| serde_json::from_slice::<serde_json::Value>(bytes).is_ok())
            .count()
    })?;
    let ignore = mean_ms(|| {
        files
            .iter()
            .filter(|bytes| serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok())
            .count()
    })?;
    println!("parse {parse}\nignore {ignore}");
    Ok(())
}

/// Loads, indexes and assesses once for the peak of memory, then again and again for the times.
pub(crate) fn judge(folder: &Path) -> Result<(), Box<dyn Error>> {
    let library = Library::builtin()?;
    let scope = scope()?;
    println!("baseline {}", memory("VmRSS")?);
    let capture = load(folder)?;
    println!("held {}", memory("VmRSS")?);
    let indexes = Indexes::build(&capture, library.requirements(), scope.as_of);
    let assessment = assess_indexed(&capture, &library, &scope, &indexes);
    println!("peak {}", memory("VmHWM")?);
    let found: Vec<String> = {
        let findings = assessment.findings.iter();
        let mut lines: Vec<String> = findings
            .map(|f| {
                format!(
                    "{} {} {} {}",
                    f.requirement, f.subject, f.status, f.disposition
                )
            })
            .collect();
        lines.sort();
        lines
    };
    if found.join("\n") != std::fs::read_to_string(folder.join(EXPECTED))? {
        return Err("the findings are not the seeded ones".into());
    }
    println!("records {}\nfindings {}", capture.len(), found.len());
    drop((found, assessment));
    let index = mean_ms(|| Indexes::build(&capture, library.requirements(), scope.as_of))?;
    let assess = mean_ms(|| assess_indexed(&capture, &library, &scope, &indexes))?;
    drop(indexes);
    drop(capture);
    let load = mean_ms(|| load(folder).map(|capture| capture.len()))?;
    println!("index {index}\nassess {assess}\nload {load}");
    Ok(())
}

fn scope() -> Result<ReviewScope, Box<dyn Error>> {
    let (from, to) = world::PERIOD;
    Ok(ReviewScope {
        cycle: "2026-H2".to_owned(),
        as_of: Instant::parse(world::AS_OF)?,
        period: ReviewPeriod {
            from: Instant::parse(from)?,
            to: Instant::parse(to)?,
        },
    })
}

fn load(folder: &Path) -> Result<Capture, Box<dyn Error>> {
    let mut tables = Tables::default();
    for kind in Kind::ALL {
        let text = String::from_utf8(std::fs::read(folder.join(file_name(kind.path())))?)?;
        tables
            .read(kind, Arc::from(text), Layout::Array, kind.name())
            .map_err(|faults| faults.iter().map(ToString::to_string).collect::<String>())?;
    }
    let reading = SourceReading {
        connector: "directory".to_owned(),
        captured_at: Instant::parse(world::AS_OF)?,
        missing: None,
    };
    let readings: BTreeMap<_, _> = SourceSystem::ALL
        .into_iter()
        .map(|source| (source, reading.clone()))
        .collect();
    Ok(Capture::freeze(tables, readings)?)
}
