//! What the codes of findings mean: one page each in docs/errors, which `holdfast explain CODE`
//! prints.

macro_rules! pages {
    ($($code:literal),* $(,)?) => {
        &[$(($code, include_str!(concat!("../../../docs/errors/", $code, ".md")))),*]
    };
}

/// Every code with its page, by code.
pub const PAGES: &[(&str, &str)] = pages![
    "HF0101", "HF0102", "HF0103", "HF0104", "HF0105", "HF0106", "HF0107", "HF0108", "HF0110",
    "HF0111", "HF0112", "HF0113", "HF0114", "HF0115", "HF0116", "HF0117", "HF0118", "HF0201",
    "HF0202", "HF0203", "HF0204", "HF0205", "HF0206", "HF0207", "HF0208", "HF0301", "HF0302",
    "HF0303", "HF0304", "HF0305", "HF0306", "HF0307", "HF0401", "HF0402", "HF0403", "HF0404",
    "HF0405", "HF0406", "HF0407", "HF0408", "HF0409", "HF0410", "HF0411", "HF0412", "HF0413",
    "HF0414", "HF0415", "HF0416", "HF0417", "HF0418", "HF0419", "HF0420", "HF0421", "HF0422",
    "HF0423", "HF0424", "HF0425", "HF0426", "HF0427", "HF0501", "HF0502", "HF0503", "HF0504",
    "HF0505", "HF0506", "HF0507", "HF0508", "HF0509", "HF0510", "HF0511", "HF0512", "HF0513",
    "HF0518", "HF0519", "HF0520", "HF0601", "HF0701", "HF0702", "HF0703", "HF0704", "HF0705",
    "HF0711", "HF0712", "HF0713", "HF0714", "HF0715", "HF0716", "HF0717", "HF0718", "HF0719",
    "HF0720", "HF0721", "HF0722", "HF0723", "HF0731", "HF0732", "HF0733", "HF0734", "HF0801",
    "HF0802", "HF0803", "HF0902", "HF0903", "HF0904", "HF0905",
];

/// The code as the pages have it.
pub(crate) fn known(code: &str) -> Option<&'static str> {
    let mut codes = PAGES.iter().map(|(name, _)| *name);
    codes.find(|name| name.eq_ignore_ascii_case(code))
}

/// The page of a code.
pub fn page(code: &str) -> Option<&'static str> {
    let found = PAGES
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(code));
    found.map(|(_, page)| *page)
}
