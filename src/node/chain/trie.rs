//! A persistent Merkle Patricia trie.
//!
//! Nodes are immutable and shared: an update copies the nodes on one path and leaves the old root valid. Hence every
//! block keeps its own root and any past state can be read, proved and called; memory grows with the number of
//! changes (about one path of nodes for each), never with state size times blocks. An update costs O(log n), and a
//! root after k updates hashes only the nodes on those k paths, since each node remembers its own reference.

use std::sync::{Arc, OnceLock};

use alloy_primitives::{B256, Bytes, U256, keccak256};
use alloy_rlp::Encodable;
use alloy_trie::{
    EMPTY_ROOT_HASH, Nibbles, TrieMask,
    nodes::{BranchNodeRef, ExtensionNodeRef, LeafNodeRef, RlpNode},
};

/// What a leaf holds: anything with an RLP form.
pub trait Leaf: Clone + PartialEq {
    /// Appends the RLP form of the value.
    fn encode_leaf(&self, out: &mut Vec<u8>);
}

impl Leaf for U256 {
    fn encode_leaf(&self, out: &mut Vec<u8>) {
        self.encode(out);
    }
}

type Link<V> = Arc<Node<V>>;
type Children<V> = [Option<Link<V>>; 16];

#[derive(Debug)]
struct Node<V> {
    kind: Kind<V>,
    reference: OnceLock<RlpNode>,
}

#[derive(Debug)]
enum Kind<V> {
    Leaf { path: Nibbles, value: V },
    Extension { path: Nibbles, child: Link<V> },
    Branch { children: Box<Children<V>> },
}

/// Maps 32-byte keys (already hashed by the caller) to values.
#[derive(Debug)]
pub struct Trie<V> {
    root: Option<Link<V>>,
}

impl<V> Clone for Trie<V> {
    fn clone(&self) -> Self {
        Self { root: self.root.clone() }
    }
}

impl<V> Default for Trie<V> {
    fn default() -> Self {
        Self { root: None }
    }
}

impl<V> PartialEq for Trie<V> {
    /// Same tree in memory; cheap, and enough to see that nothing was written.
    fn eq(&self, other: &Self) -> bool {
        match (&self.root, &other.root) {
            (None, None) => true,
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}

/// The outcome of removing a key below a node.
enum Removed<V> {
    Absent,
    Left(Option<Link<V>>),
}

impl<V: Leaf> Trie<V> {
    /// True when the trie holds nothing.
    pub fn is_empty(&self) -> bool {
        self.root.is_none()
    }

    /// The value under `key`.
    pub fn get(&self, key: &B256) -> Option<&V> {
        let key = Nibbles::unpack(key);
        let mut depth = 0;
        let mut node = self.root.as_deref()?;
        loop {
            match &node.kind {
                Kind::Leaf { path, value } => return (*path == key.slice(depth..)).then_some(value),
                Kind::Extension { path, child } => {
                    if !key.slice(depth..).starts_with(path) {
                        return None;
                    }
                    depth += path.len();
                    node = child;
                }
                Kind::Branch { children } => {
                    node = children[slot(&key, depth)].as_deref()?;
                    depth += 1;
                }
            }
        }
    }

    /// Sets `key` to `value`.
    pub fn insert(&mut self, key: &B256, value: V) {
        self.root = Some(insert(self.root.as_ref(), Nibbles::unpack(key), value));
    }

    /// Removes `key`; nothing happens when it is absent.
    pub fn remove(&mut self, key: &B256) {
        if let Some(root) = &self.root
            && let Removed::Left(left) = remove(root, Nibbles::unpack(key))
        {
            self.root = left;
        }
    }

    /// The Merkle root.
    pub fn root(&self) -> B256 {
        match &self.root {
            None => EMPTY_ROOT_HASH,
            Some(node) => {
                let reference = node.reference();
                // A root shorter than a hash is hashed all the same.
                reference.as_hash().unwrap_or_else(|| keccak256(reference.as_slice()))
            }
        }
    }

    /// The nodes from the root towards `key`, which prove its value or its absence. A node shorter than a hash
    /// stands inside its parent and is not listed, except the root.
    pub fn proof(&self, key: &B256) -> Vec<Bytes> {
        let key = Nibbles::unpack(key);
        let mut depth = 0;
        let mut proof = Vec::new();
        let mut next = self.root.as_deref();
        while let Some(node) = next {
            let encoded = node.encode();
            if proof.is_empty() || encoded.len() >= 32 {
                proof.push(Bytes::from(encoded));
            }
            next = match &node.kind {
                Kind::Leaf { .. } => None,
                Kind::Extension { path, child } => {
                    let on_path = key.slice(depth..).starts_with(path);
                    depth += path.len();
                    on_path.then_some(&**child)
                }
                Kind::Branch { children } => {
                    let child = children[slot(&key, depth)].as_deref();
                    depth += 1;
                    child
                }
            };
        }
        proof
    }

    /// Calls `visit` with every value, in key order.
    pub fn for_each(&self, visit: &mut impl FnMut(&V)) {
        if let Some(root) = &self.root {
            root.for_each(visit);
        }
    }
}

impl<V: Leaf> Node<V> {
    fn new(kind: Kind<V>) -> Link<V> {
        Arc::new(Self { kind, reference: OnceLock::new() })
    }

    fn leaf(path: Nibbles, value: V) -> Link<V> {
        Self::new(Kind::Leaf { path, value })
    }

    /// `path` before `child`, in canonical form: no empty extension, no extension before a leaf or an extension.
    fn prefixed(path: Nibbles, child: &Link<V>) -> Link<V> {
        if path.is_empty() {
            return child.clone();
        }
        Self::new(match &child.kind {
            Kind::Leaf { path: rest, value } => Kind::Leaf { path: path.join(rest), value: value.clone() },
            Kind::Extension { path: rest, child } => {
                Kind::Extension { path: path.join(rest), child: child.clone() }
            }
            Kind::Branch { .. } => Kind::Extension { path, child: child.clone() },
        })
    }

    fn branch(children: Children<V>) -> Link<V> {
        Self::new(Kind::Branch { children: Box::new(children) })
    }

    fn reference(&self) -> &RlpNode {
        self.reference.get_or_init(|| RlpNode::from_rlp(&self.encode()))
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        match &self.kind {
            Kind::Leaf { path, value } => {
                let mut encoded = Vec::new();
                value.encode_leaf(&mut encoded);
                LeafNodeRef::new(path, &encoded).encode(&mut out);
            }
            Kind::Extension { path, child } => {
                ExtensionNodeRef::new(path, child.reference()).encode(&mut out);
            }
            Kind::Branch { children } => {
                let mut mask = 0u16;
                let mut stack = Vec::with_capacity(16);
                for (index, child) in children.iter().enumerate() {
                    if let Some(child) = child {
                        mask |= 1 << index;
                        stack.push(child.reference().clone());
                    }
                }
                BranchNodeRef::new(&stack, TrieMask::new(mask)).encode(&mut out);
            }
        }
        out
    }

    fn for_each(&self, visit: &mut impl FnMut(&V)) {
        match &self.kind {
            Kind::Leaf { value, .. } => visit(value),
            Kind::Extension { child, .. } => child.for_each(visit),
            Kind::Branch { children } => children.iter().flatten().for_each(|child| child.for_each(visit)),
        }
    }
}

/// The branch index of the nibble at `depth`. Keys all have 64 nibbles, so a branch always has one to ask for; the
/// mask keeps the index below 16 whatever happens.
fn slot(key: &Nibbles, depth: usize) -> usize {
    usize::from(key.get(depth).unwrap_or_default() & 0x0f)
}

fn insert<V: Leaf>(node: Option<&Link<V>>, path: Nibbles, value: V) -> Link<V> {
    let Some(node) = node else { return Node::leaf(path, value) };
    match &node.kind {
        Kind::Leaf { path: own, value: old } => {
            if *own == path {
                return if *old == value { node.clone() } else { Node::leaf(path, value) };
            }
            let shared = own.common_prefix_length(&path);
            let mut children = Children::default();
            children[slot(own, shared)] = Some(Node::leaf(own.slice(shared + 1..), old.clone()));
            children[slot(&path, shared)] = Some(Node::leaf(path.slice(shared + 1..), value));
            Node::prefixed(path.slice(..shared), &Node::branch(children))
        }
        Kind::Extension { path: own, child } => {
            let shared = own.common_prefix_length(&path);
            if shared == own.len() {
                return Node::prefixed(*own, &insert(Some(child), path.slice(shared..), value));
            }
            let mut children = Children::default();
            children[slot(own, shared)] = Some(Node::prefixed(own.slice(shared + 1..), child));
            children[slot(&path, shared)] = Some(Node::leaf(path.slice(shared + 1..), value));
            Node::prefixed(path.slice(..shared), &Node::branch(children))
        }
        Kind::Branch { children } => {
            let index = slot(&path, 0);
            let mut children = (**children).clone();
            children[index] = Some(insert(children[index].as_ref(), path.slice(1..), value));
            Node::branch(children)
        }
    }
}

fn remove<V: Leaf>(node: &Link<V>, path: Nibbles) -> Removed<V> {
    match &node.kind {
        Kind::Leaf { path: own, .. } => {
            if *own == path {
                Removed::Left(None)
            } else {
                Removed::Absent
            }
        }
        Kind::Extension { path: own, child } => {
            if !path.starts_with(own) {
                return Removed::Absent;
            }
            match remove(child, path.slice(own.len()..)) {
                Removed::Absent => Removed::Absent,
                Removed::Left(left) => Removed::Left(left.map(|child| Node::prefixed(*own, &child))),
            }
        }
        Kind::Branch { children } => {
            let index = slot(&path, 0);
            let Some(child) = &children[index] else { return Removed::Absent };
            let Removed::Left(left) = remove(child, path.slice(1..)) else { return Removed::Absent };
            let mut children = (**children).clone();
            children[index] = left;
            let mut present =
                (0u8..16).zip(&children).filter_map(|(n, child)| child.as_ref().map(|c| (n, c)));
            match (present.next(), present.next()) {
                (None, _) => Removed::Left(None),
                (Some((nibble, only)), None) => {
                    Removed::Left(Some(Node::prefixed(Nibbles::from_nibbles([nibble]), only)))
                }
                _ => Removed::Left(Some(Node::branch(children))),
            }
        }
    }
}
