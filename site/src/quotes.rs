//! The same page in fewer bytes.
//!
//! Attributes that hold double quotes stand between single ones: options of a figure are full of them, and unescaped
//! they are lighter. A text never holds the sign of equality before a double quote, because there that is escaped. And
//! between blocks there is no need for a new line.

/// After these a new line before the next tag is not seen.
const BLOCKS: [&str; 10] = [
    "</p>",
    "</ul>",
    "</ol>",
    "</li>",
    "</h2>",
    "</h3>",
    "</section>",
    "</div>",
    "<ul>",
    "<ol>",
];

/// The same page, lighter.
pub fn lighter(html: &str) -> String {
    let mut html = quoted(html);
    for block in BLOCKS {
        html = html.replace(&format!("{block}\n<"), &format!("{block}<"));
    }
    html
}

fn quoted(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find("=\"") {
        let (before, value) = rest.split_at(at);
        out.push_str(before);
        let value = &value[2..];
        let end = value.find('"').unwrap_or(value.len());
        let (value, after) = value.split_at(end);
        if value.contains("&quot;") && !value.contains('\'') {
            out.push_str("='");
            out.push_str(&value.replace("&quot;", "\""));
            out.push('\'');
        } else {
            out.push_str("=\"");
            out.push_str(value);
            out.push('"');
        }
        rest = after.strip_prefix('"').unwrap_or(after);
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::lighter;

    #[test]
    fn new_lines_between_blocks_go_and_others_stay() {
        assert_eq!(
            lighter("<p>a</p>\n<p>b <b>c</b>\n<i>d</i></p>"),
            "<p>a</p><p>b <b>c</b>\n<i>d</i></p>"
        );
    }

    #[test]
    fn only_what_holds_double_quotes_changes() {
        assert_eq!(
            lighter("<p class=\"a\" data-x=\"{&quot;b&quot;:1}\">x = &quot;y&quot;</p>"),
            "<p class=\"a\" data-x='{\"b\":1}'>x = &quot;y&quot;</p>"
        );
        let kept = "<p data-x=\"{&quot;it's&quot;:1}\">";
        assert_eq!(lighter(kept), kept);
    }
}
