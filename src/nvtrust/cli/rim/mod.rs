//! NVIDIA's reference integrity manifests (RIMs): SWID tags (ISO/IEC 19770-2) that list what a driver or a VBIOS
//! measures to, signed with XML signatures. They serve people off chain; a chain pins digests.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `xml.rs` | the XML that RIMs are written in |
//! | `c14n.rs` | its canonical form |
//! | `signature.rs`, `certificate.rs` | the signature and its four certificates |
//!
//! A valid signature says that NVIDIA made the file, not that it is the right one: there are several for one version,
//! with other values. Neither does a RIM say which board it is for; only its file's name does.

mod c14n;
mod certificate;
mod signature;
#[cfg(test)]
mod tests;
mod xml;

use std::collections::BTreeSet;

use pars_nvtrust::Measurement;
use roxmltree::Node;

pub(crate) use certificate::{NVIDIA_RIM_ROOT, Signer, Validity};

use crate::time::Time;
use xml::{Xml, attribute, children, element_children};

/// Namespace of SWID tags.
const SWID: &str = "http://standards.iso.org/iso/19770/-2/2015/schema.xsd";
/// Namespace of the attributes `Hash0`, `Hash1`, …
const HASH: &str = "http://www.w3.org/2001/04/xmlenc#sha384";
/// RIM indices that a report can have.
const MAX_INDEX: u8 = 63;

/// Why a RIM is refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RimError {
    /// A byte outside the subset.
    #[error("byte {position} is neither printable ASCII, a space nor a line feed")]
    Character {
        /// Where.
        position: usize,
    },
    /// XML that no RIM needs.
    #[error("the XML has {0}, which no RIM needs")]
    Unsupported(&'static str),
    /// Not well formed.
    #[error("not XML: {0}")]
    Xml(String),
    /// An element that stands where another belongs, or none.
    #[error("the element {expected} is not where it belongs in {parent}")]
    Element {
        /// In which.
        parent: String,
        /// What belongs there.
        expected: &'static str,
    },
    /// Too many children, or other children than text.
    #[error("{element} has {count} children, which is not what it has in a RIM")]
    Children {
        /// Which.
        element: String,
        /// How many.
        count: usize,
    },
    /// Text between elements.
    #[error("{element} holds text between its elements")]
    Text {
        /// Which.
        element: String,
    },
    /// An attribute that every RIM has.
    #[error("{element} has no attribute {name}")]
    Attribute {
        /// Which.
        element: String,
        /// Which.
        name: &'static str,
    },
    /// Not the algorithm of every RIM.
    #[error("the signature uses the algorithm {found:?}, not {expected}")]
    Algorithm {
        /// What it names.
        found: String,
        /// What every RIM names.
        expected: &'static str,
    },
    /// The signature does not cover the whole document.
    #[error("the signature does not refer to the whole document")]
    Reference,
    /// Not base64, or not of the right length.
    #[error("{element} is not base64 of the right length")]
    Base64 {
        /// Which.
        element: &'static str,
    },
    /// Not four certificates.
    #[error("the signature brings {0} certificates, not 4")]
    ChainLength(usize),
    /// Not NVIDIA's.
    #[error("the certificates do not end in \"NVIDIA CoRIM signing Root CA\"")]
    Root,
    /// Malformed.
    #[error("certificate {position}: {why}")]
    Certificate {
        /// From the signer, 0.
        position: usize,
        /// Why.
        why: &'static str,
    },
    /// Names that do not chain.
    #[error("certificate {0} names another issuer than the one that follows")]
    Issuer(usize),
    /// Not signed.
    #[error("certificate {0} is not signed by the one that follows")]
    CertificateSignature(usize),
    /// Not what its place asks for.
    #[error("certificate {position} cannot stand there: {why}")]
    Role {
        /// From the signer, 0.
        position: usize,
        /// Why.
        why: &'static str,
    },
    /// Its time is over.
    #[error("the certificate of \"{name}\" expired at {not_after}; it is asked about {at}")]
    Expired {
        /// Whose.
        name: String,
        /// Its end.
        not_after: Time,
        /// The time in question.
        at: Time,
    },
    /// Its time has not come.
    #[error("the certificate of \"{name}\" is valid from {not_before} on; it is asked about {at}")]
    NotYetValid {
        /// Whose.
        name: String,
        /// Its beginning.
        not_before: Time,
        /// The time in question.
        at: Time,
    },
    /// SignedInfo is not signed by the signer.
    #[error("the signature is not the signer's")]
    Signature,
    /// The document is not what was signed.
    #[error("the document is not the one that was signed: its digest differs")]
    Digest,
    /// A resource that cannot be read.
    #[error("resource {index}: {why}")]
    Resource {
        /// As it is written.
        index: String,
        /// Why.
        why: &'static str,
    },
    /// Nothing is compared.
    #[error("no measurement is active")]
    Empty,
    /// For another kind of device.
    #[error("it is for {0:?}, not for a GPU")]
    Edition(String),
    /// For another chip.
    #[error("it is for {found}, the report is a {expected}'s")]
    Product {
        /// By the RIM.
        found: String,
        /// By the report or its certificates.
        expected: String,
    },
    /// For another version.
    #[error("it is for {kind} {found}, the report says {expected}")]
    Version {
        /// Driver or VBIOS.
        kind: &'static str,
        /// By the RIM.
        found: String,
        /// By the report.
        expected: String,
    },
    /// Its file's name says another board, chip or VBIOS.
    #[error("by its name the file is for {found}, the report's board is {expected}")]
    FileName {
        /// By the name.
        found: String,
        /// By the report.
        expected: String,
    },
    /// Two of one kind.
    #[error("both RIMs are a {0}'s; one of a driver and one of a VBIOS are needed")]
    SameKind(&'static str),
    /// An index that both compare.
    #[error("measurement {0} is active in both RIMs")]
    Overlap(u8),
}

/// What a RIM is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Its version is numbers: `550.90.07`.
    Driver,
    /// Its version is five bytes: `96.00.9F.00.01`.
    Vbios,
}

impl Kind {
    /// Its name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Driver => "driver",
            Self::Vbios => "VBIOS",
        }
    }

    fn of(version: &str) -> Self {
        let byte = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
        if version.split('.').count() == 5 && version.split('.').all(byte) {
            Self::Vbios
        } else {
            Self::Driver
        }
    }
}

/// An active measurement: the report must hold one of the values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Golden {
    /// Block index − 1.
    pub(crate) index: u8,
    /// What is allowed.
    pub(crate) values: Vec<Measurement>,
}

/// A RIM whose signature is valid.
#[derive(Clone, Debug)]
pub(crate) struct Rim {
    /// Driver or VBIOS.
    pub(crate) kind: Kind,
    /// The chip, as certificates name it.
    pub(crate) product: String,
    /// `GPU` or `SWITCH`.
    pub(crate) edition: String,
    /// The version that it is for.
    pub(crate) version: String,
    /// An id that re-issues share: it does not fix the content.
    pub(crate) tag_id: String,
    /// The active measurements.
    pub(crate) golden: Vec<Golden>,
    /// Who signed it.
    pub(crate) signer: Signer,
}

impl Rim {
    /// Reads a RIM and verifies its signature under the root with this SHA-256: [`NVIDIA_RIM_ROOT`].
    pub(crate) fn verify(bytes: &[u8], root: &[u8; 32], validity: Validity) -> Result<Self, RimError> {
        let xml = Xml::parse(bytes)?;
        let tag = xml.root();
        if !tag.has_tag_name((SWID, "SoftwareIdentity")) {
            return Err(RimError::Element {
                parent: "the document".to_owned(),
                expected: "SoftwareIdentity",
            });
        }
        // The signature is the last child and nowhere else, so nothing can hide behind it or in it.
        let parts = element_children(tag)?;
        let [entity, meta, payload, signature] = parts.as_slice() else {
            return Err(RimError::Children { element: "SoftwareIdentity".to_owned(), count: parts.len() });
        };
        for (part, namespace, name) in [
            (entity, SWID, "Entity"),
            (meta, SWID, "Meta"),
            (payload, SWID, "Payload"),
            (signature, signature::XMLDSIG, "Signature"),
        ] {
            if !part.has_tag_name((namespace, name)) {
                return Err(RimError::Element { parent: "SoftwareIdentity".to_owned(), expected: name });
            }
        }
        let [] = children(*entity, SWID, [])?;
        let [] = children(*meta, SWID, [])?;
        let signer = signature::verify(&xml, *signature, root, validity)?;
        let version = attribute(*meta, "colloquialVersion")?.to_owned();
        Ok(Self {
            kind: Kind::of(&version),
            product: attribute(*meta, "product")?.to_owned(),
            edition: attribute(*meta, "edition")?.to_owned(),
            version,
            tag_id: attribute(tag, "tagId")?.to_owned(),
            golden: golden(*payload)?,
            signer,
        })
    }
}

/// The active measurements of a payload, by ascending index.
fn golden(payload: Node<'_, '_>) -> Result<Vec<Golden>, RimError> {
    let (mut golden, mut seen) = (Vec::new(), BTreeSet::new());
    for element in element_children(payload)? {
        if !element.has_tag_name((SWID, "Resource")) || element.has_children() {
            return Err(RimError::Element { parent: "Payload".to_owned(), expected: "Resource" });
        }
        let text = attribute(element, "index")?;
        let wrong = |why| RimError::Resource { index: text.to_owned(), why };
        let index = text.parse().ok().filter(|index| *index <= MAX_INDEX);
        let index = index.ok_or_else(|| wrong("its index is not a number up to 63"))?;
        if !seen.insert(index) {
            return Err(wrong("it stands twice"));
        }
        if attribute(element, "type")? != "Measurement" || attribute(element, "size")? != "48" {
            return Err(wrong("it is no measurement of 48 bytes"));
        }
        let values = values(element, attribute(element, "alternatives")?).map_err(wrong)?;
        match attribute(element, "active")? {
            "True" => golden.push(Golden { index, values }),
            "False" => {}
            _ => return Err(wrong("it is neither active nor not")),
        }
    }
    golden.sort_by_key(|golden: &Golden| golden.index);
    if golden.is_empty() { Err(RimError::Empty) } else { Ok(golden) }
}

/// Attributes `Hash0` … of a resource: as many as it says, and not one more.
fn values(element: Node<'_, '_>, alternatives: &str) -> Result<Vec<Measurement>, &'static str> {
    let found = element.attributes().filter(|attribute| attribute.namespace() == Some(HASH)).count();
    if alternatives.parse() != Ok(found) || found == 0 {
        return Err("it has not as many values as it says");
    }
    let value = |position: usize| {
        let name = format!("Hash{position}");
        let text = element.attribute((HASH, name.as_str())).ok_or("its values are not numbered from 0")?;
        let mut value = [0; 48];
        hex::decode_to_slice(text, &mut value).map_err(|_| "a value is not 48 bytes in hex")?;
        Ok(value)
    };
    (0..found).map(value).collect()
}
