use super::*;
use crate::render::sample;
use crate::render::style::{Detail, Style};

fn style() -> Style {
    Style {
        width: 100,
        colour: false,
        detail: Detail::Glance,
    }
}

#[test]
fn a_packet_does_not_differ_from_itself() {
    let packet = sample::packet();
    let diff = PacketDiff::between(&packet, &packet);
    assert_eq!(diff.posture, None);
    assert!(diff.requirements.is_empty() && diff.subjects.is_empty());
    assert!(diff.findings.added.is_empty() && diff.findings.removed.is_empty());
    assert_eq!(diff.findings.kept.len(), packet.body.findings.len());
    assert!(
        diff.findings
            .kept
            .iter()
            .all(|kept| kept.changed.is_empty())
    );
    assert_eq!(diff.evidence.digest, None);
}

#[test]
fn what_was_put_right_shows_as_removed() {
    let diff = PacketDiff::between(&sample::packet(), &sample::clean_packet());
    insta::assert_snapshot!(diff_text(&diff, &style()));
}

#[test]
fn the_json_names_every_change() {
    let mut later = sample::packet();
    later.revision = 2;
    later.body.library.approved = false;
    later.body.library.version = "2026.4".to_owned();
    later.body.library.digest = sample::fixed_digest("another library");
    later.body.evidence.sources[1].missing = Some("no such folder".to_owned());
    later.body.findings[0].finding.message.push_str(", again");
    later.body.concerns.clear();
    let diff = PacketDiff::between(&sample::packet(), &later);
    insta::assert_json_snapshot!(diff);
    insta::assert_snapshot!(diff_text(&diff, &style()));
}

#[test]
fn a_diff_read_backwards_swaps_added_and_removed() {
    let (old, new) = (sample::packet(), sample::clean_packet());
    let (there, back) = (
        PacketDiff::between(&old, &new),
        PacketDiff::between(&new, &old),
    );
    assert_eq!(there.findings.removed, back.findings.added);
    assert_eq!(there.findings.added, back.findings.removed);
    assert_eq!(there.concerns.removed, back.concerns.added);
    assert!(!there.findings.removed.is_empty());
}

#[test]
fn hostile_text_in_a_diff_cannot_steer_the_terminal() {
    let diff = PacketDiff::between(&sample::clean_packet(), &sample::hostile_packet());
    let text = diff_text(&diff, &style());
    assert!(!text.contains(['\u{1b}', '\u{7}', '\u{9b}', '\u{202e}', '\r']));
    assert!(!text.lines().any(|line| line.starts_with('#')));
}
