//! Characters that a reader does not see: zero-width, bidirectional, tag and control characters.

use super::fault::{FaultCode, FaultList};
use unicode_general_category::{GeneralCategory, get_general_category};

/// Notes a fault where prose or an id at `path` holds a character that a reader would not see.
pub(super) fn refuse(text: &str, path: &str, requirement: Option<&str>, faults: &mut FaultList) {
    if let Some(found) = find(text) {
        let code = u32::from(found);
        let message = format!("holds the invisible character U+{code:04X}: write plain text");
        faults.add(FaultCode::MalformedDraft, requirement, path, message);
    }
}

/// The first character of `text` that a reader would not see.
fn find(text: &str) -> Option<char> {
    text.chars()
        .find(|&c| !c.is_ascii_graphic() && is_invisible(c))
}

fn is_invisible(c: char) -> bool {
    match get_general_category(c) {
        GeneralCategory::Format => true,
        GeneralCategory::Control => !matches!(c, '\n' | '\r' | '\t'),
        // Fillers, joiners and variation selectors that are letters or marks by category.
        _ => matches!(
            c,
            '\u{34F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
                | '\u{3164}' | '\u{FFA0}' | '\u{FE00}'..='\u{FE0F}' | '\u{E0000}'..='\u{E0FFF}'
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_without_a_shape_are_found() {
        for c in [
            '\u{200B}',
            '\u{200D}',
            '\u{202E}',
            '\u{2066}',
            '\u{FEFF}',
            '\u{AD}',
            '\u{E0041}',
            '\u{1B}',
            '\u{0}',
            '\u{FE0F}',
            '\u{3164}',
        ] {
            assert_eq!(find(&format!("seal{c} intact")), Some(c), "{c:?}");
        }
    }

    #[test]
    fn ordinary_writing_has_none() {
        assert_eq!(
            find("Ana Kovač’s seal – “intact”,\n\tnaïve 鍵\u{a0}ok"),
            None
        );
    }
}
