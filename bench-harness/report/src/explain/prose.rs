//! Markdown of a model as safe HTML: no markup of the text reaches the page, and links lead to sections of the page, to the
//! repository, or to the web.

use std::collections::BTreeSet;

use maud::{Markup, PreEscaped};
use pulldown_cmark::{CodeBlockKind, CowStr, Event, Options, Parser, Tag, TagEnd, html};

use super::anchor;
use super::source::address;

/// Where the links of a text lead.
pub struct Prose<'a> {
    /// The models that have a section on the page.
    pub models: &'a BTreeSet<&'a str>,
    /// The folder of the text in the repository.
    pub folder: &'a str,
    /// The commit of the text, if it is known.
    pub commit: Option<&'a str>,
}

impl Prose<'_> {
    /// The text as HTML.
    pub fn html(&self, markdown: &str) -> Markup {
        let parser = Parser::new_ext(markdown, Options::ENABLE_TABLES);
        // Links do not nest, so one flag says if the last one that began leads somewhere.
        let mut leads = false;
        let events = parser.filter_map(|event| self.event(event, &mut leads));
        let mut text = String::new();
        html::push_html(&mut text, events);
        // Code and tables are often wider than their box, which then scrolls by keyboard too.
        let text = text.replace("<pre>", "<pre tabindex=\"0\">");
        let text = text.replace("<table>", "<div class=\"scroll\" tabindex=\"0\"><table>");
        PreEscaped(text.replace("</table>", "</table></div>"))
    }

    /// An event without what must not reach the page.
    fn event<'e>(&self, event: Event<'e>, leads: &mut bool) -> Option<Event<'e>> {
        Some(match event {
            Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
            Event::Start(Tag::CodeBlock(_)) => {
                Event::Start(Tag::CodeBlock(CodeBlockKind::Indented))
            }
            // A heading would not fit under those of the page, and a picture would be loaded.
            Event::Start(Tag::HtmlBlock | Tag::Heading { .. }) => Event::Start(Tag::Paragraph),
            Event::End(TagEnd::HtmlBlock | TagEnd::Heading(_)) => Event::End(TagEnd::Paragraph),
            Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => return None,
            Event::Start(Tag::Link {
                link_type,
                dest_url,
                title,
                id,
            }) => {
                let target = self.target(&dest_url);
                *leads = target.is_some();
                let dest_url = CowStr::from(target?);
                Event::Start(Tag::Link {
                    link_type,
                    dest_url,
                    title,
                    id,
                })
            }
            Event::End(TagEnd::Link) if !*leads => return None,
            other => other,
        })
    }

    /// Where a link of the text leads to on the page; `None` if it leads nowhere.
    fn target(&self, link: &str) -> Option<String> {
        if link.starts_with("https://") || link.starts_with("http://") {
            return Some(link.to_owned());
        }
        let sibling = link.strip_prefix("../").map(|rest| {
            let name = rest.split('#').next().unwrap_or_default();
            name.trim_end_matches('/')
        });
        if let Some(name) = sibling.filter(|name| self.models.contains(name)) {
            return Some(format!("#{}", anchor(name)));
        }
        address(self.commit, &resolved(self.folder, link)?)
    }
}

/// A relative path without `..`; `None` if it leaves the repository, or has a scheme.
fn resolved(folder: &str, link: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').collect();
    if link.contains(':') || link.starts_with(['/', '#']) {
        return None;
    }
    for part in link.split('/').filter(|part| !part.is_empty()) {
        match part {
            "." => {}
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(markdown: &str) -> String {
        let prose = Prose {
            models: &BTreeSet::from(["poll"]),
            folder: "crates/models/select",
            commit: Some("0123456789ab"),
        };
        prose.html(markdown).into_string()
    }

    #[test]
    fn markup_in_the_text_is_text_on_the_page() {
        let html = rendered(
            "a <script>alert(1)</script> b\n\n<div onclick=\"x\">\n\n![p](http://e/x.png)\n\n# big\n",
        );
        assert!(
            html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"),
            "{html}"
        );
        assert!(html.contains("&lt;div onclick="), "{html}");
        for tag in ["<script", "<div", "<img", "<h1"] {
            assert!(!html.contains(tag), "{html}");
        }
    }

    #[test]
    fn a_link_leads_to_a_section_to_the_repository_or_to_the_web() {
        let html = rendered(
            "[a](../poll) [b](../epoll-level#the-idea) [c](https://example.org/) [d](../../model/src/conn.rs)",
        );
        assert!(html.contains("<a href=\"#model-poll\">a</a>"), "{html}");
        let repository = env!("CARGO_PKG_REPOSITORY");
        let other = format!(
            "<a href=\"{repository}/blob/0123456789ab/crates/models/epoll-level#the-idea\">b</a>"
        );
        assert!(html.contains(&other), "{html}");
        assert!(
            html.contains("<a href=\"https://example.org/\">c</a>"),
            "{html}"
        );
        assert!(html.contains("/crates/model/src/conn.rs\">d</a>"), "{html}");
    }

    #[test]
    fn a_link_that_leads_nowhere_is_text() {
        let html = rendered(
            "[a](javascript:alert(1)) [b](#place) [c](../../../../../etc/passwd) [*d*](../poll)",
        );
        assert_eq!(
            html,
            "<p>a b c <a href=\"#model-poll\"><em>d</em></a></p>\n"
        );
    }

    #[test]
    fn a_picture_of_letters_can_be_scrolled_by_keyboard() {
        let html = rendered("```text\na ──► <b>\n```\n");
        assert_eq!(
            html,
            "<pre tabindex=\"0\"><code>a ──► &lt;b&gt;\n</code></pre>\n"
        );
    }
}
