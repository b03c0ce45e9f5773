use super::*;

fn mentions(text: &str) -> Vec<Mention> {
    pieces(text)
        .into_iter()
        .filter_map(|piece| match piece {
            Piece::Time(mention, ..) => Some(mention),
            Piece::Token(_) => None,
        })
        .collect()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

#[test]
fn one_day_is_read_in_every_common_form() {
    for text in [
        "2026-03-02",
        "2026/03/02",
        "2026/3/2",
        "02.03.2026",
        "2 March 2026",
        "2nd of March 2026",
        "2nd March, 2026",
        "March 2, 2026",
        "Mar 2nd 2026",
        "2. March 2026",
        "2 mar 2026",
        "02-Mar-2026",
        "march 2 2026",
    ] {
        assert_eq!(
            mentions(&format!("inspected on {text}.")),
            [Mention::Day(vec![day("2026-03-02")])],
            "{text}"
        );
    }
    assert_eq!(
        mentions("03/02/2026"),
        [Mention::Day(vec![day("2026-02-03"), day("2026-03-02")])]
    );
}

#[test]
fn parts_of_dates_and_times_are_read() {
    assert_eq!(
        mentions("in March 2026, and 2026-03"),
        [Mention::Month(2026, 3), Mention::Month(2026, 3)]
    );
    assert_eq!(
        mentions("on 2 March and May 4"),
        [Mention::DayOfMonth(3, 2), Mention::DayOfMonth(5, 4)]
    );
    assert_eq!(
        mentions("may 2 people, 2 may sign, they march 3 abreast"),
        []
    );
    assert!(matches!(
        mentions("at 10:00")[..],
        [Mention::Time(Clock {
            precision: Precision::Minute,
            ..
        })]
    ));
    for impossible in [
        "2026-02-30",
        "30 February 2026",
        "31.04.2026",
        "25:00",
        "2026-13-01T10:00:00Z",
    ] {
        assert_eq!(mentions(impossible), [Mention::Impossible], "{impossible}");
    }
}

#[test]
fn codes_that_hold_a_date_are_no_date() {
    for text in [
        "SI-2026-03-02",
        "roster-2026-03",
        "2026-03-02-1",
        "2026-H2",
        "2026-031",
        "v2026-03-02",
    ] {
        assert_eq!(mentions(text), [], "{text}");
    }
}

#[test]
fn moments_compare_as_instants_or_as_written() {
    let one = |text: &str| match mentions(text).pop() {
        Some(Mention::Moment(moment)) => moment,
        other => panic!("{text}: {other:?}"),
    };
    let held = one("2026-03-02T10:00:30+01:00");
    for same in [
        "2026-03-02T09:00:30Z",
        "2026-03-02 10:00:30",
        "2026-03-02 09:00",
        "2026-03-02T10:00+0100",
    ] {
        assert!(one(same).is(&held), "{same}");
    }
    for other in [
        "2026-03-02T10:00:30Z",
        "2026-03-02 10:01",
        "2026-03-02T10:00:31+01:00",
        "2026-03-03 10:00",
    ] {
        assert!(!one(other).is(&held), "{other}");
    }
}
