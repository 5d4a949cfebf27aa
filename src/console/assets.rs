//! The files that pages need, built into the program. They need no build of their own.

use crate::server::Asset;

pub(super) fn find(name: &str) -> Option<Asset> {
    Some(match name {
        "console.css" => Asset { media_type: "text/css; charset=utf-8", bytes: include_bytes!("assets/console.css") },
        "console.js" => {
            Asset { media_type: "text/javascript; charset=utf-8", bytes: include_bytes!("assets/console.js") }
        }
        "icon.svg" => Asset { media_type: "image/svg+xml", bytes: include_bytes!("assets/icon.svg") },
        _ => return None,
    })
}
