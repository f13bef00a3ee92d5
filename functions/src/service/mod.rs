//! The service itself: its API description and its scheduled work.

automod::dir!(pub "src/service");
