use super::*;
use crate::render::sample;
use crate::render::view::NextStep;

fn markdown(packet: &custody_controls::packet::Packet) -> String {
    markdown_text(&View::of_packet(packet, NextStep::Nothing))
}

#[test]
fn a_packet_as_markdown() {
    insta::assert_snapshot!(markdown(&sample::packet()));
}

#[test]
fn hostile_text_makes_neither_markup_nor_links() {
    let text = markdown(&sample::hostile_packet());
    insta::assert_snapshot!(text);
    assert!(
        !text
            .chars()
            .any(|letter| letter.is_control() && letter != '\n')
    );
    assert!(!text.contains('\u{202e}'));
    assert!(!text.contains("[open]"), "a javascript URL became a link");
    for line in text.lines() {
        assert!(!line.contains("<script") || line.contains("\\<script") || line.contains('`'));
        assert_ne!(line, "# heading");
    }
}

#[test]
fn a_web_url_is_the_only_link() {
    assert_eq!(
        original("https://a.example/x?b=1&copy=2"),
        "[open](<https://a.example/x?b=1&amp;copy=2>)"
    );
    assert_eq!(original("javascript:alert(1)"), "`javascript:alert(1)`");
    assert_eq!(
        original("https://a.example/x y|z"),
        "`https://a.example/x y\\|z`"
    );
}
