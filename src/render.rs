//! How a packet is shown: terminal, Markdown, HTML, CSV, JSON, and what differs between two.
//!
//! Plain functions from values to text. It reads no file, clock or terminal, decides nothing, and
//! leaves nothing out of what it is given: who may see what is settled before. All text is data:
//! each format neutralises what could act as markup, link, formula or terminal command.

pub mod csv;
pub mod diff;
pub mod escape;
pub mod html;
pub mod markdown;
pub mod queue;
pub mod style;
pub mod terminal;
pub mod view;

mod cited;
pub(crate) mod layout;
mod link;
pub(crate) mod words;

#[cfg(test)]
mod sample;

use custody_controls::packet::Packet;

pub use csv::csv_text;
pub use diff::{PacketDiff, diff_text};
pub use escape::escape_control;
pub use html::html_text;
pub use markdown::markdown_text;
pub use queue::{PacketRow, packets_table};
pub use style::{Detail, Style};
pub use terminal::{assessment_text, packet_text};
pub use view::{NextStep, View};

/// The packet's own JSON, pretty-printed, ending in a line feed.
///
/// # Errors
/// Fails when the packet has no JSON form.
pub fn packet_json(packet: &Packet) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(packet)?;
    text.push('\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_export_is_the_packets_own_json() {
        let packet = sample::packet();
        let text = packet_json(&packet).unwrap();
        assert!(text.ends_with("}\n"));
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value, serde_json::to_value(&packet).unwrap());
        assert_eq!(value["schema"], "custody/packet/v1");
    }
}
