//! The XML signature of a RIM (<https://www.w3.org/TR/xmldsig-core1/>): enveloped, over the whole document, in the one
//! form that NVIDIA writes.

use pars_nvtrust::Signature;
use roxmltree::Node;
use sha2::{Digest as _, Sha384};

use super::{
    RimError,
    c14n::canonical,
    certificate::{self, Signer, Validity},
    xml::{Xml, attribute, children, element_children, text},
};
use crate::input::base64;

/// Namespace of the signature's elements.
pub(super) const XMLDSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
const C14N11: &str = "http://www.w3.org/2006/12/xml-c14n11";
const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
const ECDSA_SHA384: &str = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384";
const SHA384: &str = "http://www.w3.org/2001/04/xmldsig-more#sha384";

/// Verifies the signature element, a child of the document's outermost, and answers with its signer.
pub(super) fn verify(
    xml: &Xml<'_>,
    signature: Node<'_, '_>,
    root: &[u8; 32],
    validity: Validity,
) -> Result<Signer, RimError> {
    let [signed_info, value, key_info] =
        children(signature, XMLDSIG, ["SignedInfo", "SignatureValue", "KeyInfo"])?;
    let signer = certificate::verify(&certificates(key_info)?, root, validity)?;
    let value: Signature =
        decode(value)?.try_into().map_err(|_| RimError::Base64 { element: "SignatureValue" })?;
    let digest = digest_value(signed_info)?;
    if !signer.signed(canonical(xml, signed_info, None).as_bytes(), &value) {
        return Err(RimError::Signature);
    }
    if Sha384::digest(canonical(xml, xml.root(), Some(signature))).as_slice() != digest {
        return Err(RimError::Digest);
    }
    Ok(signer)
}

/// SignedInfo, to the letter; its digest of the document.
fn digest_value(signed_info: Node<'_, '_>) -> Result<Vec<u8>, RimError> {
    let [c14n, method, reference] =
        children(signed_info, XMLDSIG, ["CanonicalizationMethod", "SignatureMethod", "Reference"])?;
    algorithm(c14n, C14N11)?;
    algorithm(method, ECDSA_SHA384)?;
    if !attribute(reference, "URI")?.is_empty() || reference.attributes().len() != 1 {
        return Err(RimError::Reference);
    }
    let [transforms, method, value] =
        children(reference, XMLDSIG, ["Transforms", "DigestMethod", "DigestValue"])?;
    let [enveloped, c14n] = children(transforms, XMLDSIG, ["Transform", "Transform"])?;
    algorithm(enveloped, ENVELOPED)?;
    algorithm(c14n, C14N11)?;
    algorithm(method, SHA384)?;
    decode(value)
}

/// An element that only names an algorithm, which is this one.
fn algorithm(element: Node<'_, '_>, expected: &'static str) -> Result<(), RimError> {
    let found = attribute(element, "Algorithm")?;
    if found != expected || element.attributes().len() != 1 || element.has_children() {
        return Err(RimError::Algorithm { found: found.to_owned(), expected });
    }
    Ok(())
}

fn certificates(key_info: Node<'_, '_>) -> Result<Vec<Vec<u8>>, RimError> {
    let [data] = children(key_info, XMLDSIG, ["X509Data"])?;
    let mut chain = Vec::new();
    for certificate in element_children(data)? {
        if !certificate.has_tag_name((XMLDSIG, "X509Certificate")) {
            return Err(RimError::Element { parent: "X509Data".to_owned(), expected: "X509Certificate" });
        }
        chain.push(decode(certificate)?);
    }
    Ok(chain)
}

fn decode(element: Node<'_, '_>) -> Result<Vec<u8>, RimError> {
    const NAMES: [&str; 3] = ["SignatureValue", "DigestValue", "X509Certificate"];
    let name = NAMES.into_iter().find(|name| element.tag_name().name() == *name).unwrap_or("an element");
    base64(text(element)?).ok_or(RimError::Base64 { element: name })
}
