//! On which line of a JSON text a member stands, so that a citation opens the very field.

/// The line (from 1) where the member at `path` begins; `None` where there is none.
pub(super) fn line_of(text: &str, path: &[&str]) -> Option<usize> {
    let mut scanner = Scanner {
        bytes: text.as_bytes(),
        at: 0,
    };
    let mut start = 0;
    for name in path {
        start = scanner.enter(name)?;
    }
    let before = text.as_bytes().get(..start)?;
    Some(1 + before.iter().filter(|byte| **byte == b'\n').count())
}

/// Walks a text that is known to be JSON.
struct Scanner<'t> {
    bytes: &'t [u8],
    at: usize,
}

impl Scanner<'_> {
    /// Goes to the value of the member `name` of the object here; returns where the name begins.
    fn enter(&mut self, name: &str) -> Option<usize> {
        self.space();
        if self.next()? != b'{' {
            return None;
        }
        loop {
            self.space();
            if self.peek()? != b'"' {
                return None;
            }
            let start = self.at;
            self.skip_text()?;
            let written = self.bytes.get(start..self.at)?;
            self.space();
            if self.next()? != b':' {
                return None;
            }
            let found: String = serde_json::from_slice(written).ok()?;
            if found == name {
                return Some(start);
            }
            self.skip_value()?;
            self.space();
            if self.next()? != b',' {
                return None;
            }
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn space(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn skip_text(&mut self) -> Option<()> {
        self.next()?;
        loop {
            match self.next()? {
                b'"' => return Some(()),
                b'\\' => {
                    self.next()?;
                }
                _ => {}
            }
        }
    }

    /// Over one value: up to the comma or bracket that ends it.
    fn skip_value(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                b'"' => {
                    self.skip_text()?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' if depth == 0 => return Some(()),
                b'}' | b']' => depth -= 1,
                b',' if depth == 0 => return Some(()),
                _ => {}
            }
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::line_of;

    #[test]
    fn a_member_is_found_on_its_line_and_not_where_its_name_is_a_value() {
        let text = "{\n \"other\": [\"a\", {\"b\": 1}],\n \"x\": \"b\",\n \"\\u0061\": {\n  \"c\": {},\n  \"b\": 2\n }\n}";
        assert_eq!(line_of(text, &["a", "b"]), Some(6));
        assert_eq!(line_of(text, &["a"]), Some(4));
        assert_eq!(line_of(text, &[]), Some(1));
        assert_eq!(line_of(text, &["b"]), None);
        assert_eq!(line_of("[1]", &["b"]), None);
    }
}
