//! Writes HTML so that only this program's own literals are markup.

use std::fmt::Write as _;

use crate::render::escape::escape_control;
use crate::render::link::WebLink;

/// A page being written. Markup comes in as literals; all other text is escaped on its way in.
#[derive(Debug, Default)]
pub(crate) struct Page {
    out: String,
}

impl Page {
    /// The whole page.
    pub(crate) fn finish(self) -> String {
        self.out
    }

    /// Adds markup that stands in this program.
    pub(crate) fn markup(&mut self, literal: &'static str) -> &mut Self {
        self.out.push_str(literal);
        self
    }

    /// Adds text.
    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        for letter in escape_control(text).chars() {
            match letter {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                '\'' => self.out.push_str("&#39;"),
                other => self.out.push(other),
            }
        }
        self
    }

    /// Adds an element with a class, or without where `class` is empty, that holds text.
    pub(crate) fn element(
        &mut self,
        name: &'static str,
        class: &'static str,
        text: &str,
    ) -> &mut Self {
        self.markup("<").markup(name);
        if !class.is_empty() {
            self.markup(" class=\"").markup(class).markup("\"");
        }
        self.markup(">").text(text);
        self.markup("</").markup(name).markup(">")
    }

    /// Adds a link to a place in the page.
    pub(crate) fn reference(&mut self, anchor: &str) -> &mut Self {
        self.markup("<a href=\"#").text(anchor).markup("\"><code>");
        self.text(anchor).markup("</code></a>")
    }

    /// Adds the URL of an original: a link where it may be one, else as text.
    pub(crate) fn original(&mut self, url: &str) -> &mut Self {
        match WebLink::parse(url) {
            Some(link) => self
                .markup("<a class=\"original\" rel=\"noopener noreferrer nofollow\" href=\"")
                .text(link.as_str())
                .markup("\">")
                .text(link.as_str())
                .markup("</a>"),
            None => self.element("code", "original", url),
        }
    }

    /// Adds a link to a file beside the page. Its path is encoded, so that it can name no scheme and no host.
    pub(crate) fn local(&mut self, path: &str, text: &str) -> &mut Self {
        let rooted = path.starts_with('/');
        self.markup("<a href=\"");
        if rooted {
            self.markup("/");
        }
        for byte in path.trim_start_matches('/').bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
                self.out.push(char::from(byte));
            } else {
                // Writing to a string does not fail.
                let _ = write!(self.out, "%{byte:02X}");
            }
        }
        self.markup("\">").text(text).markup("</a>")
    }

    /// Adds a number with at most two decimals, as a place in a drawing.
    pub(crate) fn place(&mut self, number: f64) -> &mut Self {
        // Writing to a string does not fail.
        let _ = write!(self.out, "{}", (number * 100.0).round() / 100.0);
        self
    }

    /// Adds a term and what it stands for.
    pub(crate) fn fact(&mut self, term: &str, text: &str) -> &mut Self {
        self.element("dt", "", term).element("dd", "", text);
        self.markup("\n")
    }

    /// Adds a term and a value that is shown as code.
    pub(crate) fn coded_fact(&mut self, term: &str, text: &str) -> &mut Self {
        self.element("dt", "", term).markup("<dd>");
        self.element("code", "", text).markup("</dd>\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_no_markup() {
        let mut page = Page::default();
        page.element("p", "a", "<b onclick='x'>&\"\u{1b}[2J\u{202e}");
        assert_eq!(
            page.finish(),
            "<p class=\"a\">&lt;b onclick=&#39;x&#39;&gt;&amp;&quot;\\u{1b}[2J\\u{202e}</p>"
        );
    }

    #[test]
    fn a_path_names_a_file_and_nothing_else() {
        let local = |path| {
            let mut page = Page::default();
            page.local(path, "a<b");
            page.finish()
        };
        for (path, href) in [
            (
                "../evals/cases/clean_approve/case.json",
                "../evals/cases/clean_approve/case.json",
            ),
            ("/tmp/a b.json", "/tmp/a%20b.json"),
            ("//evil.example/x", "/evil.example/x"),
            ("javascript:alert(1)", "javascript%3Aalert%281%29"),
            ("\"><script>é", "%22%3E%3Cscript%3E%C3%A9"),
        ] {
            assert_eq!(local(path), format!("<a href=\"{href}\">a&lt;b</a>"));
        }
    }

    #[test]
    fn only_web_urls_are_links() {
        let original = |url| {
            let mut page = Page::default();
            page.original(url);
            page.finish()
        };
        assert_eq!(
            original("https://a.example/?x=1&y='"),
            "<a class=\"original\" rel=\"noopener noreferrer nofollow\" href=\"https://a.example/?x=1&amp;y=&#39;\">https://a.example/?x=1&amp;y=&#39;</a>"
        );
        assert_eq!(
            original("javascript:alert(1)"),
            "<code class=\"original\">javascript:alert(1)</code>"
        );
    }
}
