//! How the rules scale: time as a ratio to parsing the same bytes as JSON, growth, and peak memory.
//!
//! `cargo bench -p custody-controls --bench scale [-- --quick | SIZE…]`. Every measurement is a process of
//! its own, so that peaks do not mix; times are the CPU time of its one thread.

mod clock;
mod steps;
#[expect(
    clippy::indexing_slicing,
    reason = "JSON values are indexed by member names"
)]
#[path = "../../tests/seeded/world.rs"]
mod world;

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::process::Command;

type Measured = BTreeMap<String, f64>;

const SIZES: [usize; 3] = [1_000, 10_000, 100_000];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["generate", keys, folder] => steps::generate(keys.parse()?, Path::new(folder)),
        ["parse", folder] => steps::parse(Path::new(folder)),
        ["judge", folder] => steps::judge(Path::new(folder)),
        _ => run(&sizes(&words)?),
    }
}

fn sizes(words: &[&str]) -> Result<Vec<usize>, Box<dyn Error>> {
    let named: Result<Vec<usize>, _> = words
        .iter()
        .filter(|word| !word.starts_with("--"))
        .map(|word| word.parse())
        .collect();
    let named = named?;
    if !named.is_empty() {
        return Ok(named);
    }
    let quick = words.contains(&"--quick");
    Ok(SIZES
        .into_iter()
        .take(if quick { 1 } else { SIZES.len() })
        .collect())
}

fn run(sizes: &[usize]) -> Result<(), Box<dyn Error>> {
    let mut rows: Vec<(usize, Measured)> = Vec::new();
    for keys in sizes {
        let folder = std::env::temp_dir().join(format!("custody-scale-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let measured = measure(*keys, &folder);
        std::fs::remove_dir_all(&folder)?;
        rows.push((*keys, measured?));
    }
    print(&rows);
    Ok(())
}

fn measure(keys: usize, folder: &Path) -> Result<Measured, Box<dyn Error>> {
    let place = folder
        .to_str()
        .ok_or("the folder for temporary files is not UTF-8")?;
    let mut measured = child(&["generate", &keys.to_string(), place])?;
    measured.extend(child(&["parse", place])?);
    measured.extend(child(&["judge", place])?);
    Ok(measured)
}

/// Runs one step in a process of its own and reads the `name value` lines that it prints.
fn child(arguments: &[&str]) -> Result<Measured, Box<dyn Error>> {
    let output = Command::new(std::env::current_exe()?)
        .args(arguments)
        .stderr(std::process::Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(format!("step {arguments:?} failed: {}", output.status).into());
    }
    let text = String::from_utf8(output.stdout)?;
    let lines = text.lines().filter_map(|line| line.split_once(' '));
    Ok(lines
        .map(|(name, value)| Ok((name.to_owned(), value.parse()?)))
        .collect::<Result<_, std::num::ParseFloatError>>()?)
}

fn print(rows: &[(usize, Measured)]) {
    println!("times are CPU ms; `x` is the ratio to parsing the same bytes into serde_json::Value");
    for (keys, measured) in rows {
        let get = |name: &str| measured.get(name).copied().unwrap_or(f64::NAN);
        let parse = get("parse");
        println!(
            "\n{keys} keys: {:.1} MB, {} records, {} findings (as seeded)",
            get("bytes") / 1e6,
            get("records"),
            get("findings")
        );
        let judge = get("index") + get("assess");
        for (name, value) in [
            ("parse into Value", parse),
            ("parse, values ignored", get("ignore")),
            ("load and freeze", get("load")),
            ("index", get("index")),
            ("assess", get("assess")),
            ("judge (index + assess)", judge),
        ] {
            println!("  {name:<24} {value:>10.2} ms {:>7.2} x", value / parse);
        }
        let (base, peak) = (get("baseline"), get("peak"));
        println!(
            "  peak memory {:.1} MB = {:.2} x bytes ({:.2} x without the {:.1} MB held before loading); held after freezing {:.2} x",
            peak / 1e6,
            peak / get("bytes"),
            (peak - base) / get("bytes"),
            base / 1e6,
            (get("held") - base) / get("bytes")
        );
    }
    for pair in rows.windows(2) {
        if let [(small, before), (large, after)] = pair {
            growth((*small, before), (*large, after));
        }
    }
}

fn growth((small, before): (usize, &Measured), (large, after): (usize, &Measured)) {
    println!("\ngrowth from {small} to {large} keys, as an exponent (1 is linear in the bytes)");
    let ratio = |name: &str| match (before.get(name), after.get(name)) {
        (Some(before), Some(after)) => (after / before).ln(),
        (None, _) | (_, None) => f64::NAN,
    };
    for name in ["parse", "load", "index", "assess", "peak"] {
        println!("  {name:<24} {:>10.2}", ratio(name) / ratio("bytes"));
    }
}
