//! What the linker noted of addresses (`--emit-relocs`) while it knew which symbol each of them means.
//!
//! In code an address is a number like any other, and need not lie within what it means: `TABLE[c - 65]` may begin 65
//! bytes before the table. So the numbers alone would not do. The notes name the place of each address in the code as
//! the linker left it, which others have rewritten since; but they keep the numbers, and know which symbols each number
//! stands for. Wherever a function has such a number, it is taken for the address. Data has not changed since, so there
//! the notes are exact, and held against the bytes.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, bail, ensure};
use walrus::FunctionId;
use wasmparser::{
    DataKind, DataSectionReader, KnownCustom, Linking, LinkingSectionReader, Operator, Parser, Payload,
    RelocSectionReader, RelocationEntry, RelocationType, SymbolInfo,
};

/// What the linker's notes are called in a program.
pub(crate) const LINKER_SECTIONS: [&str; 3] = ["linking", "reloc.CODE", "reloc.DATA"];
/// What begins the names of segments that nobody writes to.
const READ_ONLY: &str = ".rodata";

/// What a program is made of, as far as one part of it can need another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Item {
    Function(FunctionId),
    /// A segment of data, by its place among them. The linker made one of every symbol (`--no-merge-data-segments`).
    Segment(usize),
    /// A slot of the function table.
    Slot(u32),
}

/// The segments that each address in code means.
type Addresses = BTreeMap<u32, BTreeSet<Item>>;

/// A segment of data.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) read_only: bool,
    /// The segments and slots that its words mean.
    pub(crate) references: BTreeSet<Item>,
    address: u32,
    /// Where its bytes begin, counted from the start of the section.
    start: usize,
    bytes: Vec<u8>,
}

/// The segments of a program, and what numbers in its code mean.
#[derive(Debug)]
pub(crate) struct Relocations {
    pub(crate) segments: Vec<Segment>,
    addresses: Addresses,
    /// Slots that no number in code means, though it may look like one.
    only_in_data: BTreeSet<u32>,
}

impl Relocations {
    /// Reads a program's notes.
    ///
    /// # Errors
    /// If it has none, or others than are expected, or they do not fit its data.
    pub(crate) fn read(program: &[u8]) -> Result<Self> {
        let sections = Sections::read(program)?;
        let mut segments = sections.segments()?;
        let symbols = sections.symbols()?;
        let (addresses, in_code) = read_code_relocations(&sections, &segments, &symbols)?;
        let only_in_data = read_data_relocations(&sections, &mut segments, &symbols, &in_code)?;
        Ok(Self { segments, addresses, only_in_data })
    }

    /// What a number in code may mean.
    pub(crate) fn targets(&self, number: u32) -> impl Iterator<Item = Item> {
        let slot = Some(Item::Slot(number)).filter(|_| !self.only_in_data.contains(&number));
        self.addresses.get(&number).into_iter().flatten().copied().chain(slot)
    }
}

/// The parts of a program that count here.
struct Sections<'a> {
    data: DataSectionReader<'a>,
    linking: LinkingSectionReader<'a>,
    code: RelocSectionReader<'a>,
    words: RelocSectionReader<'a>,
}

/// What a symbol stands for: a place in a segment, or a function by its number when the program was linked.
#[derive(Clone, Copy)]
enum Symbol {
    Data { segment: usize, offset: u32 },
    Function(u32),
    Other,
}

impl<'a> Sections<'a> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the other sections say nothing of data")]
    fn read(program: &'a [u8]) -> Result<Self> {
        let (mut data, mut linking, mut code, mut words) = (None, None, None, None);
        for payload in Parser::new(0).parse_all(program) {
            match payload? {
                Payload::DataSection(section) => data = Some(section),
                Payload::CustomSection(section) => match (section.as_known(), section.name()) {
                    (KnownCustom::Linking(section), _) => linking = Some(section),
                    (KnownCustom::Reloc(section), "reloc.CODE") => code = Some(section),
                    (KnownCustom::Reloc(section), "reloc.DATA") => words = Some(section),
                    _ => {}
                },
                _ => {}
            }
        }
        Ok(Self {
            data: data.context("the program has no data")?,
            linking: linking.context("the program was linked without --emit-relocs")?,
            code: code.context("no relocations of code")?,
            words: words.context("no relocations of data")?,
        })
    }

    fn segments(&self) -> Result<Vec<Segment>> {
        let base = self.data.range().start;
        let mut segments = Vec::new();
        for (data, name) in self.data.clone().into_iter().zip(self.names()?) {
            let data = data?;
            let DataKind::Active { memory_index: 0, offset_expr } = data.kind else {
                bail!("a segment of data without an address");
            };
            let Operator::I32Const { value } = offset_expr.get_operators_reader().read()? else {
                bail!("a segment of data at an address that is not known");
            };
            segments.push(Segment {
                read_only: name.starts_with(READ_ONLY),
                references: BTreeSet::new(),
                address: value.cast_unsigned(),
                start: usize::try_from(data.range.end - base)? - data.data.len(),
                bytes: data.data.to_vec(),
            });
        }
        ensure!(segments.len() == usize::try_from(self.data.count())?, "some segments of data have no name");
        Ok(segments)
    }

    fn names(&self) -> Result<Vec<&'a str>> {
        let mut names = Vec::new();
        for part in self.linking.subsections() {
            if let Linking::SegmentInfo(infos) = part? {
                for info in infos {
                    names.push(info?.name);
                }
            }
        }
        Ok(names)
    }

    fn symbols(&self) -> Result<Vec<Symbol>> {
        let mut symbols = Vec::new();
        for part in self.linking.subsections() {
            if let Linking::SymbolTable(infos) = part? {
                for info in infos {
                    symbols.push(Symbol::of(&info?)?);
                }
            }
        }
        Ok(symbols)
    }
}

impl Symbol {
    #[expect(clippy::wildcard_enum_match_arm, reason = "nobody takes the address of anything else")]
    fn of(info: &SymbolInfo<'_>) -> Result<Self> {
        Ok(match info {
            SymbolInfo::Data { symbol: Some(place), .. } => {
                Self::Data { segment: usize::try_from(place.index)?, offset: place.offset }
            }
            SymbolInfo::Func { index, .. } => Self::Function(*index),
            _ => Self::Other,
        })
    }

    /// The segment that an address means, and the address.
    fn address(self, entry: &RelocationEntry, segments: &[Segment]) -> Result<(Item, u32)> {
        let Self::Data { segment, offset } = self else { bail!("an address of something unknown") };
        let start = segments.get(segment).context("an address in a segment that is not there")?.address;
        let addend = i32::try_from(entry.addend)?;
        Ok((Item::Segment(segment), start.wrapping_add(offset).wrapping_add_signed(addend)))
    }
}

fn symbol(entry: &RelocationEntry, symbols: &[Symbol]) -> Result<Symbol> {
    symbols.get(usize::try_from(entry.index)?).copied().context("a relocation of no symbol")
}

/// What addresses in code mean, and which functions have their slots named there.
#[expect(clippy::wildcard_enum_match_arm, reason = "what is not known stops the division")]
fn read_code_relocations(
    sections: &Sections<'_>,
    segments: &[Segment],
    symbols: &[Symbol],
) -> Result<(Addresses, BTreeSet<u32>)> {
    use RelocationType as Type;
    let mut addresses = Addresses::new();
    let mut functions = BTreeSet::new();
    for entry in sections.code.entries() {
        let entry = entry?;
        match entry.ty {
            Type::MemoryAddrLeb | Type::MemoryAddrSleb => {
                let (item, address) = symbol(&entry, symbols)?.address(&entry, segments)?;
                addresses.entry(address).or_default().insert(item);
            }
            Type::TableIndexSleb => {
                let Symbol::Function(function) = symbol(&entry, symbols)? else {
                    bail!("a slot of no function")
                };
                functions.insert(function);
            }
            // Not numbers in the code of the program as it is now, but calls and the like.
            Type::FunctionIndexLeb | Type::TypeIndexLeb | Type::TableNumberLeb => {}
            Type::GlobalIndexLeb => {
                let symbol = symbol(&entry, symbols)?;
                ensure!(matches!(symbol, Symbol::Other), "an address in a global");
            }
            other => bail!("code has relocations of an unknown kind: {other:?}"),
        }
    }
    Ok((addresses, functions))
}

/// Notes what each segment needs. Gives the slots that only data names; `in_code` are the functions whose slots code does.
fn read_data_relocations(
    sections: &Sections<'_>,
    segments: &mut [Segment],
    symbols: &[Symbol],
    in_code: &BTreeSet<u32>,
) -> Result<BTreeSet<u32>> {
    let mut only_here = BTreeSet::new();
    for entry in sections.words.entries() {
        let entry = entry?;
        let (segment, word) = word(segments, usize::try_from(entry.offset)?)?;
        let item = match (entry.ty, symbol(&entry, symbols)?) {
            (RelocationType::MemoryAddrI32, symbol) => {
                let (item, address) = symbol.address(&entry, segments)?;
                ensure!(word == address, "data has changed since the program was linked");
                item
            }
            (RelocationType::TableIndexI32, Symbol::Function(function)) => {
                if !in_code.contains(&function) {
                    only_here.insert(word);
                }
                Item::Slot(word)
            }
            (other, _) => bail!("data has relocations of an unknown kind: {other:?}"),
        };
        segments[segment].references.insert(item);
    }
    Ok(only_here)
}

/// The segment that a place in the section belongs to, and the word there.
fn word(segments: &[Segment], place: usize) -> Result<(usize, u32)> {
    let index = segments.partition_point(|segment| segment.start <= place).checked_sub(1);
    let index = index.context("a relocation before all data")?;
    let segment = segments.get(index).context("a relocation of no segment")?;
    let word = segment.bytes.get(place - segment.start..).and_then(|rest| rest.first_chunk());
    Ok((index, u32::from_le_bytes(*word.context("a relocation outside of its segment")?)))
}
