//! What a run says of itself.

use crate::run::{OPEN, Run};

impl Run {
    /// Tells what happens, where one run alone is made.
    pub(crate) fn tell(&self, what: std::fmt::Arguments<'_>) {
        if self.told.is_some() {
            println!("{:>5} {what}", self.step);
        }
    }

    pub(crate) fn tell_phones(&mut self) {
        let Some((signal, waha)) = self.told else { return };
        let world = self.world();
        let shown = &world.signal.shown;
        shown
            .iter()
            .skip(signal)
            .for_each(|shown| self.tell(format_args!("Signal shows {:?}: {}", shown.group, shown.text)));
        let arrived = &world.waha.shown;
        arrived.iter().skip(waha).for_each(|message| self.tell(format_args!("WhatsApp shows {}", message.text)));
        let told = Some((shown.len(), arrived.len()));
        drop(world);
        self.told = told;
    }

    /// What both phones show.
    #[cfg(tokio_unstable)]
    pub(crate) fn phones(&self) -> Vec<String> {
        let world = self.world();
        let shown =
            world.signal.shown.iter().map(|shown| format!("{:?} {} {}", shown.group, shown.timestamp, shown.text));
        let arrived =
            world.waha.shown.iter().map(|message| format!("{} {} {}", message.chat, message.at, message.text));
        shown.chain(arrived).collect()
    }

    /// How many deliveries are on their way; none while the bridge is dead.
    pub(crate) fn open(&self) -> i64 {
        self.life.as_ref().map_or(0, |life| life.queued(OPEN))
    }

    /// How large the database is, its log included, in KiB.
    pub(crate) fn disk(&self) -> u64 {
        let size = |entry: std::fs::DirEntry| entry.metadata().map_or(0, |data| data.len());
        std::fs::read_dir(self.folder.path()).unwrap().flatten().map(size).sum::<u64>() / 1024
    }
}
