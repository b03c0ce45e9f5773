use std::collections::BTreeSet;

use super::*;
use crate::eval::report::sample;

/// The page without its style sheets.
fn without_style(page: &str) -> String {
    page.replace(BASE_STYLE, "").replace(STYLE, "")
}

/// All tags of a page, without its style sheets.
fn tags(page: &str) -> Vec<String> {
    without_style(page)
        .split('<')
        .skip(1)
        .map(|rest| format!("<{}>", rest.split('>').next().unwrap()))
        .collect()
}

fn links(page: &str) -> Vec<String> {
    tags(page)
        .iter()
        .filter_map(|tag| tag.split_once("href=\""))
        .map(|(_, rest)| rest.split('"').next().unwrap().to_owned())
        .collect()
}

#[test]
fn a_report_as_a_page() {
    insta::assert_snapshot!(without_style(&report_html(&sample::report())));
}

#[test]
fn the_page_loads_and_runs_nothing() {
    let page = report_html(&sample::report());
    assert!(page.contains("content=\"default-src 'none'; style-src 'unsafe-inline'\""));
    let markup = tags(&page).concat();
    for forbidden in [
        "<script", "<img", "<link", "<iframe", "<object", "<use", "src=", "@import", "url(",
        "<form", " on", "style=",
    ] {
        assert!(!markup.contains(forbidden), "{forbidden}");
    }
    assert!(!STYLE.contains("url(") && !STYLE.contains("@import") && !STYLE.contains("</"));
}

#[test]
fn every_miss_every_counterexample_and_every_unscored_run_links_its_case() {
    let report = sample::report();
    let links = links(&report_html(&report));
    let examples = report
        .metamorphic
        .iter()
        .filter_map(|relation| relation.counterexample.as_ref())
        .map(|example| &example.case);
    let cases = report.misses.iter().map(|miss| &miss.case);
    let unscored = report.unscored.iter().map(|run| &run.case);
    let mut count = 0;
    for case in cases.chain(unscored).chain(examples) {
        assert!(
            links.contains(&format!("evals/cases/{case}/case.json")),
            "{case}"
        );
        count += 1;
    }
    assert_eq!(count, 5);
}

#[test]
fn every_figure_stands_on_the_page_with_its_name_and_value() {
    let report = sample::report();
    let page = without_style(&report_html(&report));
    let mut of_figures = report.posture.figures();
    of_figures.extend(report.citations.figures());
    of_figures.extend(report.stability.iter().flat_map(Stability::figures));
    assert!(of_figures.len() > 20);
    for figure in of_figures {
        let name = format!("<code class=\"quiet\">{}</code>", figure.name);
        assert!(page.contains(&name), "{name}");
        assert!(
            page.contains(&format!(">{}<", words::value(figure))),
            "{name}"
        );
    }
}

#[test]
fn undefined_is_written_and_never_drawn_as_a_number() {
    let page = without_style(&report_html(&sample::empty()));
    assert!(page.contains("<p class=\"big\">undefined</p>"));
    assert!(page.contains("Every case ran once: there is nothing to compare."));
    assert!(page.contains("Everything came out as labelled."));
    assert!(!page.contains("<circle") && !page.contains("NaN") && !page.contains("100.0 %"));
}

#[test]
fn hostile_text_stays_text() {
    let page = report_html(&sample::hostile());
    let names = |page: &str| -> BTreeSet<String> {
        tags(page)
            .iter()
            .map(|tag| tag.split([' ', '>']).next().unwrap().to_owned())
            .collect()
    };
    let clean = report_html(&sample::report());
    assert!(
        names(&page).is_subset(&names(&clean)),
        "text became an element"
    );
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(
        !page
            .chars()
            .any(|letter| letter.is_control() && letter != '\n')
    );
    assert!(!page.contains('\u{202e}'));
    for link in links(&page) {
        assert!(
            link.starts_with('#') || link.starts_with("javascript%3A"),
            "{link}"
        );
    }
}

/// Attributes are quoted, tags are closed in order: what a browser would mend silently.
#[test]
fn every_element_is_closed_in_order() {
    for report in [sample::report(), sample::empty(), sample::hostile()] {
        let mut open: Vec<String> = Vec::new();
        for tag in tags(&report_html(&report)) {
            assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
            let name = tag.trim_matches(['<', '>', '/']).split(' ').next().unwrap();
            if tag.starts_with("</") {
                assert_eq!(open.pop().as_deref(), Some(name));
            } else if !tag.ends_with("/>") && !matches!(name, "!DOCTYPE" | "meta") {
                open.push(name.to_owned());
            }
        }
        assert_eq!(open, Vec::<String>::new());
    }
}
