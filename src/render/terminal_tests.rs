use super::*;
use crate::render::sample;

fn style(width: usize, detail: Detail) -> Style {
    Style {
        width,
        colour: false,
        detail,
    }
}

#[test]
fn a_packet_fits_a_narrow_terminal() {
    insta::assert_snapshot!(packet_text(&sample::packet(), &style(80, Detail::Glance)));
}

#[test]
fn a_packet_uses_a_wide_terminal() {
    insta::assert_snapshot!(packet_text(&sample::packet(), &style(110, Detail::Glance)));
}

#[test]
fn colours_mark_posture_status_and_questions() {
    let style = Style {
        colour: true,
        ..style(80, Detail::Glance)
    };
    let text = packet_text(&sample::packet(), &style);
    insta::assert_snapshot!(text.replace('\u{1b}', "␛"));
}

#[test]
fn full_detail_lists_accounts_subjects_and_citations() {
    insta::assert_snapshot!(packet_text(&sample::packet(), &style(110, Detail::Full)));
}

#[test]
fn an_assessment_says_what_the_rules_find_and_how_to_go_on() {
    let (assessment, evidence, library) = sample::assessment("semiannual-2026-h2");
    let scope = sample::scope();
    let view = View::of_assessment(&assessment, &scope, &evidence, &library);
    insta::assert_snapshot!(assessment_text(&view, &style(80, Detail::Glance)));
}

#[test]
fn a_clean_packet_is_short() {
    insta::assert_snapshot!(packet_text(
        &sample::clean_packet(),
        &style(80, Detail::Glance)
    ));
}

#[test]
fn warnings_name_missing_sources_and_an_unapproved_library() {
    let mut packet = sample::packet();
    packet.body.library.approved = false;
    packet.body.evidence.sources[2].missing = Some("the folder does not exist".to_owned());
    let text = packet_text(&packet, &style(120, Detail::Glance));
    let warnings: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("Warning"))
        .collect();
    assert_eq!(warnings.len(), 2, "{text}");
    assert!(warnings[0].contains("is not the approved one"));
    assert!(text.contains("The source identity could not be read (the folder does not exist)"));
}

#[test]
fn only_what_is_still_to_be_done_is_suggested() {
    let packet = sample::packet();
    let shown = |next| text(&View::of_packet(&packet, next), &style(80, Detail::Glance));
    assert!(shown(NextStep::Review).contains("custody packets show PK-2026-H2-0001\n"));
    assert!(!shown(NextStep::Decide).contains("custody packets show"));
    assert!(shown(NextStep::Decide).contains("custody decide PK-2026-H2-0001 --as WHO"));
    assert!(!shown(NextStep::Nothing).contains("custody decide"));
}

#[test]
fn no_line_is_wider_than_the_terminal_but_what_is_to_be_copied() {
    use unicode_width::UnicodeWidthStr;
    for width in [40, 57, 80, 120] {
        for detail in [Detail::Glance, Detail::Full] {
            let text = packet_text(&sample::packet(), &style(width, detail));
            let copied = ["  custody ", "https://", "sha256:"];
            for line in text
                .lines()
                .filter(|line| !copied.iter().any(|c| line.contains(c)))
            {
                assert!(line.width() <= width, "{width}: {line}");
            }
        }
    }
}

#[test]
fn hostile_text_cannot_steer_the_terminal_or_start_a_line() {
    for colour in [false, true] {
        let style = Style {
            colour,
            ..style(80, Detail::Full)
        };
        let text = packet_text(&sample::hostile_packet(), &style);
        let own: Vec<&str> = text
            .split('\u{1b}')
            .skip(1)
            .map(|rest| &rest[..=rest.find('m').unwrap()])
            .collect();
        assert_eq!(own.is_empty(), !colour);
        assert!(own.iter().all(|code| {
            ["[0m", "[1m", "[2m", "[32m", "[33m", "[35m", "[36m", "[31m"].contains(code)
        }));
        assert!(!text.contains("\u{1b}[31mred"));
        assert!(text.contains("\\u{1b}[31mred\\u{7}\\u{9b}2J"));
        assert!(!text.contains(['\u{7}', '\u{9b}', '\u{202e}', '\u{2069}', '\r']));
        assert!(
            !text.lines().any(|line| line == "# heading"),
            "a value forged a line"
        );
    }
}
