//! Mutations that keep what encloses a change: lengths are written anew, so that a change is met by the rule it breaks
//! and not by the length in front of it. Every fourth mutation is libFuzzer's own, over all bytes.

use libfuzzer_sys::fuzzer_mutate;

/// Deterministic choices (SplitMix64).
struct Choice(u64);

impl Choice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = self.0;
        word = (word ^ word >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ word >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((word ^ word >> 31) % bound.max(1) as u64) as usize
    }
}

pub fn mutate(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let mut choice = Choice(u64::from(seed));
    if choice.below(4) != 0
        && let Some(bytes) = structured(&data[..size], &mut choice)
        && bytes.len() <= max_size
    {
        data[..bytes.len()].copy_from_slice(&bytes);
        return bytes.len();
    }
    fuzzer_mutate(data, size, max_size)
}

/// libFuzzer's own mutation of a part, which may grow a little.
fn plain(part: &[u8]) -> Vec<u8> {
    let room = part.len() + 16;
    let mut bytes = part.to_vec();
    bytes.resize(room, 0);
    let size = fuzzer_mutate(&mut bytes, part.len(), room);
    bytes.truncate(size);
    bytes
}

fn structured(bytes: &[u8], choice: &mut Choice) -> Option<Vec<u8>> {
    let (head, count) = match *bytes.get(1)? {
        1 => (3, 3),
        2 => (34, 1),
        _ => return None,
    };
    let (head, mut rest) = bytes.split_at_checked(head)?;
    let mut parts = Vec::new();
    for _ in 0..count {
        let (length, behind) = rest.split_first_chunk()?;
        let (part, behind) = behind.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        parts.push(part.to_vec());
        rest = behind;
    }
    let mut head = head.to_vec();
    match choice.below(12) {
        0 => {
            let at = choice.below(head.len());
            head[at] = [0, 1, 2, 254, 255][choice.below(5)];
        }
        _ => {
            let which = choice.below(count);
            let part = &parts[which];
            parts[which] = match (which, choice.below(8)) {
                (_, 0) => plain(part),
                (0, _) => report(part, choice)?,
                _ => elements(part, choice)?,
            };
        }
    }
    for part in parts {
        head.extend(u16::try_from(part.len()).ok()?.to_be_bytes());
        head.extend(part);
    }
    head.extend(rest);
    Some(head)
}

/// A report with one block or one opaque entry changed, removed, repeated or moved.
fn report(bytes: &[u8], choice: &mut Choice) -> Option<Vec<u8>> {
    let (head, rest) = bytes.split_at_checked(45)?;
    let (record, rest) = rest.split_at_checked(usize::from(head[41]) * 55)?;
    let (responder, rest) = rest.split_at_checked(32)?;
    let (length, rest) = rest.split_first_chunk()?;
    let (opaque, signature) = rest.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
    let mut blocks: Vec<_> = record.chunks(55).map(<[u8]>::to_vec).collect();
    let mut entries = Vec::new();
    let mut walk = opaque;
    while let Some((kind, behind)) = walk.split_first_chunk::<2>() {
        let (length, behind) = behind.split_first_chunk()?;
        let (data, behind) = behind.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
        entries.push((*kind, data.to_vec()));
        walk = behind;
    }
    let mut head = head.to_vec();
    match choice.below(8) {
        0 => {
            let at = choice.below(head.len());
            head[at] ^= 1 << choice.below(8);
        }
        // A GPU's or a switch's number of blocks, with the length that belongs to it.
        1 => blocks.resize([31, 64][choice.below(2)], vec![7; 55]),
        2 if !blocks.is_empty() => {
            let at = choice.below(blocks.len());
            let offset = choice.below(9).min(7);
            blocks[at][offset] ^= 1 << choice.below(8);
        }
        3 if !entries.is_empty() => drop(entries.remove(choice.below(entries.len()))),
        4 if !entries.is_empty() => {
            let entry = entries[choice.below(entries.len())].clone();
            entries.insert(choice.below(entries.len() + 1), entry);
        }
        5 => {
            let kind = u16::try_from(choice.below(40)).ok()?;
            entries.push((kind.to_le_bytes(), vec![0xAA; choice.below(12)]));
        }
        _ if !entries.is_empty() => {
            let at = choice.below(entries.len());
            entries[at].1 = plain(&entries[at].1);
        }
        _ => return None,
    }
    head[41] = u8::try_from(blocks.len()).ok()?;
    let record = blocks.concat();
    head[42..45].copy_from_slice(&u32::try_from(record.len()).ok()?.to_le_bytes()[..3]);
    let mut opaque = Vec::new();
    for (kind, data) in entries {
        opaque.extend(kind);
        opaque.extend(u16::try_from(data.len()).ok()?.to_le_bytes());
        opaque.extend(data);
    }
    let length = u16::try_from(opaque.len()).ok()?.to_le_bytes();
    Some([&head, &record, responder, &length, &opaque, signature].concat())
}

/// A list of DER elements, of which one is changed; every length around it stays right.
fn elements(bytes: &[u8], choice: &mut Choice) -> Option<Vec<u8>> {
    let mut list = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let (tag, behind) = rest.split_first()?;
        let (length, behind) = match behind.split_first()? {
            (short @ 0..=0x7F, behind) => (usize::from(*short), behind),
            (0x81, behind) => behind.split_first().map(|(length, behind)| (usize::from(*length), behind))?,
            (0x82, behind) => {
                let (length, behind) = behind.split_first_chunk()?;
                (usize::from(u16::from_be_bytes(*length)), behind)
            }
            _ => return None,
        };
        let (content, behind) = behind.split_at_checked(length)?;
        list.push((*tag, content.to_vec()));
        rest = behind;
    }
    if list.is_empty() {
        return None;
    }
    let at = choice.below(list.len());
    let (tag, content) = list[at].clone();
    let inside = match tag {
        // Constructed, or an OCTET STRING that wraps an extension.
        _ if tag & 0x20 != 0 || tag == 4 => elements(&content, choice),
        // The signature, behind its count of unused bits.
        3 => content
            .split_first()
            .and_then(|(unused, inside)| Some([&[*unused][..], &elements(inside, choice)?].concat())),
        _ => None,
    };
    match (choice.below(10), inside) {
        (0, _) => drop(list.remove(at)),
        (1, _) => {
            let to = choice.below(list.len() + 1);
            list.insert(to, (tag, content));
        }
        (2, _) => list[at].0 ^= 1 << choice.below(6),
        (_, Some(inside)) => list[at].1 = inside,
        (_, None) => list[at].1 = plain(&content),
    }
    let mut bytes = Vec::new();
    for (tag, content) in list {
        bytes.push(tag);
        match u16::try_from(content.len()).ok()?.to_be_bytes() {
            [0, low @ 0..=0x7F] => bytes.push(low),
            [0, low] => bytes.extend([0x81, low]),
            [high, low] => bytes.extend([0x82, high, low]),
        }
        bytes.extend(content);
    }
    Some(bytes)
}
