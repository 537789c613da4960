//! The XML that NVIDIA's RIMs are written in, and no more.
//!
//! What is refused could be canonicalised, but no RIM needs it, and two readers might understand it differently:
//! declarations, document types, processing instructions, comments, CDATA, references, white space other than space and
//! line feed, bytes above ASCII, `xml:` attributes, undeclared default namespaces.

use roxmltree::{Node, ParsingOptions};

use super::RimError;

/// XML's own prefix and attributes.
const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";
/// Most nodes that a RIM has: 64 resources, the signature, and white space between.
const MAX_NODES: u32 = 2_000;

/// A parsed document with the text that it was parsed from: prefixes stand only there.
pub(super) struct Xml<'a> {
    source: &'a str,
    tree: roxmltree::Document<'a>,
}

impl<'a> Xml<'a> {
    /// Reads a document of the subset above.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, RimError> {
        let allowed = |byte: u8| byte.is_ascii_graphic() || byte == b' ' || byte == b'\n';
        if let Some(position) = bytes.iter().position(|byte| !allowed(*byte)) {
            return Err(RimError::Character { position });
        }
        let source = str::from_utf8(bytes).map_err(|_| RimError::Character { position: 0 })?;
        for (what, mark) in [
            ("a declaration or processing instruction", "<?"),
            ("a document type, comment or CDATA section", "<!"),
            ("a reference", "&"),
        ] {
            if source.contains(mark) {
                return Err(RimError::Unsupported(what));
            }
        }
        let compact: String = source.split([' ', '\n']).collect();
        if compact.contains("xmlns=\"\"") || compact.contains("xmlns=''") {
            return Err(RimError::Unsupported("an undeclared default namespace"));
        }
        let options = ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..Default::default() };
        let tree = roxmltree::Document::parse_with_options(source, options)
            .map_err(|error| RimError::Xml(error.to_string()))?;
        for node in tree.descendants() {
            if !(node.is_root() || node.is_element() || node.is_text()) {
                return Err(RimError::Unsupported("a comment or processing instruction"));
            }
            if node.attributes().any(|attribute| attribute.namespace() == Some(XML_NAMESPACE)) {
                return Err(RimError::Unsupported("an xml: attribute"));
            }
        }
        Ok(Self { source, tree })
    }

    /// The outermost element.
    pub(super) fn root(&self) -> Node<'_, 'a> {
        self.tree.root_element()
    }

    /// An element's name with its prefix, as it is written.
    pub(super) fn qualified_name(&self, element: Node<'_, '_>) -> &'a str {
        let tag = self.source.get(element.range()).unwrap_or_default();
        let name = tag.strip_prefix('<').unwrap_or_default();
        let end = name.find([' ', '\n', '/', '>']).unwrap_or(name.len());
        name.get(..end).unwrap_or_default()
    }

    /// An attribute's name with its prefix, as it is written.
    pub(super) fn attribute_name(&self, attribute: &roxmltree::Attribute<'_, '_>) -> &'a str {
        self.source.get(attribute.range_qname()).unwrap_or_default()
    }
}

/// The prefixes that are in scope, `""` for the default, but for `xml`.
pub(super) fn namespaces<'a>(element: Node<'a, '_>) -> impl Iterator<Item = (&'a str, &'a str)> {
    element
        .namespaces()
        .map(|namespace| (namespace.name().unwrap_or_default(), namespace.uri()))
        .filter(|(_, uri)| *uri != XML_NAMESPACE)
}

/// The element's children that are elements, which are exactly these, in this order; between them is white space.
pub(super) fn children<'a, 'i, const N: usize>(
    element: Node<'a, 'i>,
    namespace: &str,
    names: [&'static str; N],
) -> Result<[Node<'a, 'i>; N], RimError> {
    let found = element_children(element)?;
    for (position, name) in names.iter().enumerate() {
        if found.get(position).is_none_or(|child| !child.has_tag_name((namespace, *name))) {
            return Err(RimError::Element { parent: element.tag_name().name().to_owned(), expected: name });
        }
    }
    let count = found.len();
    found.try_into().map_err(|_| RimError::Children { element: element.tag_name().name().to_owned(), count })
}

/// The children that are elements. Text beside them is white space.
pub(super) fn element_children<'a, 'i>(element: Node<'a, 'i>) -> Result<Vec<Node<'a, 'i>>, RimError> {
    let blank = |node: &Node<'_, '_>| node.text().unwrap_or_default().trim().is_empty();
    if element.children().any(|node| node.is_text() && !blank(&node)) {
        return Err(RimError::Text { element: element.tag_name().name().to_owned() });
    }
    Ok(element.children().filter(Node::is_element).collect())
}

/// The text of an element that holds nothing else.
pub(super) fn text<'a>(element: Node<'a, '_>) -> Result<&'a str, RimError> {
    let mut children = element.children();
    match (children.next(), children.next()) {
        (Some(only), None) if only.is_text() => Ok(only.text().unwrap_or_default()),
        _ => Err(RimError::Children {
            element: element.tag_name().name().to_owned(),
            count: element.children().count(),
        }),
    }
}

/// An attribute without a prefix.
pub(super) fn attribute<'a>(element: Node<'a, '_>, name: &'static str) -> Result<&'a str, RimError> {
    let mut attributes = element.attributes();
    attributes
        .find(|attribute| attribute.namespace().is_none() && attribute.name() == name)
        .map(|attribute| attribute.value())
        .ok_or_else(|| RimError::Attribute { element: element.tag_name().name().to_owned(), name })
}
