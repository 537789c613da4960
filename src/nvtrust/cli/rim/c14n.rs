//! Canonical XML 1.1 (<https://www.w3.org/TR/xml-c14n11/>) of an element, for the XML that `xml.rs` lets pass.
//!
//! That leaves: namespace declarations where they change something, by prefix, the default one first; then attributes
//! by namespace and name; double quotes; an end tag for every element; escapes; nothing outside the element.

use std::collections::BTreeMap;

use roxmltree::Node;

use super::xml::{Xml, namespaces};

/// The canonical form of an element with its descendants, but without `omitted` and its own.
pub(super) fn canonical(xml: &Xml<'_>, apex: Node<'_, '_>, omitted: Option<Node<'_, '_>>) -> String {
    let mut out = String::new();
    write_element(xml, apex, omitted, &BTreeMap::new(), &mut out);
    out
}

/// `rendered` holds what is in scope in the output already. The depth is bounded by the number of nodes.
fn write_element(
    xml: &Xml<'_>,
    element: Node<'_, '_>,
    omitted: Option<Node<'_, '_>>,
    rendered: &BTreeMap<&str, &str>,
    out: &mut String,
) {
    let name = xml.qualified_name(element);
    out.push('<');
    out.push_str(name);
    let scope: BTreeMap<_, _> = namespaces(element).collect();
    for (prefix, uri) in &scope {
        if rendered.get(prefix) == Some(uri) {
            continue;
        }
        let name = if prefix.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{prefix}") };
        write_attribute(&name, uri, out);
    }
    let mut attributes: Vec<_> = element.attributes().collect();
    attributes.sort_by_key(|attribute| (attribute.namespace().unwrap_or_default(), attribute.name()));
    for attribute in attributes {
        write_attribute(xml.attribute_name(&attribute), attribute.value(), out);
    }
    out.push('>');
    for child in element.children().filter(|child| Some(*child) != omitted) {
        if child.is_element() {
            write_element(xml, child, omitted, &scope, out);
        } else {
            escape(child.text().unwrap_or_default(), &TEXT, out);
        }
    }
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

fn write_attribute(name: &str, value: &str, out: &mut String) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    escape(value, &ATTRIBUTE, out);
    out.push('"');
}

const TEXT: [(char, &str); 4] = [('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('\r', "&#xD;")];
const ATTRIBUTE: [(char, &str); 6] =
    [('&', "&amp;"), ('<', "&lt;"), ('"', "&quot;"), ('\t', "&#x9;"), ('\n', "&#xA;"), ('\r', "&#xD;")];

fn escape(text: &str, escapes: &[(char, &str)], out: &mut String) {
    for c in text.chars() {
        match escapes.iter().find(|(escaped, _)| *escaped == c) {
            Some((_, written)) => out.push_str(written),
            None => out.push(c),
        }
    }
}
