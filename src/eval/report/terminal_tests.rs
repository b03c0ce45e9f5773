use super::*;
use crate::eval::report::sample;

const fn style(width: usize, detail: Detail) -> Style {
    Style {
        width,
        colour: false,
        detail,
    }
}

#[test]
fn a_report_at_a_glance() {
    insta::assert_snapshot!(report_text(&sample::report(), &style(100, Detail::Glance)));
}

#[test]
fn a_report_in_full_says_what_each_figure_means() {
    let report = sample::report();
    let text = report_text(&report, &style(120, Detail::Full));
    for figure in report.posture.figures() {
        assert!(
            text.contains(figure.name.measure.meaning()),
            "{}",
            figure.name
        );
    }
}

#[test]
fn a_report_of_nothing_says_undefined() {
    insta::assert_snapshot!(report_text(&sample::empty(), &style(80, Detail::Glance)));
}

#[test]
fn a_comparison_of_two_runs() {
    insta::assert_snapshot!(comparison_text(
        &sample::comparison(),
        &style(120, Detail::Glance)
    ));
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for width in [40, 60, 80, 100] {
        let text = report_text(&sample::report(), &style(width, Detail::Full));
        for line in text.lines() {
            assert!(line.chars().count() <= width, "{width}: {line}");
        }
    }
}

#[test]
fn hostile_text_commands_nothing() {
    let text = report_text(&sample::hostile(), &style(100, Detail::Full));
    assert!(text.contains("\\u{1b}[2J"));
    assert!(
        !text
            .chars()
            .any(|letter| letter.is_control() && letter != '\n')
    );
    assert!(!text.contains('\u{202e}'));
}

#[test]
fn many_misses_of_a_kind_do_not_bury_the_rest() {
    let mut report = sample::report();
    let miss = report.misses[0].clone();
    report.misses = vec![miss; 60];
    report.unscored.clear();
    let text = |detail| report_text(&report, &style(100, detail));
    let misses = |text: &str| text.matches("/case.json").count();
    let glance = text(Detail::Glance);
    assert!(glance.contains("and 10 more, which --full"), "{glance}");
    assert_eq!(misses(&text(Detail::Full)) - misses(&glance), 10);
}
