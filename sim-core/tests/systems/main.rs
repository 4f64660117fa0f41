//! What the named products do, row by row, each over two hundred seeds: the class of the outcome is the same in every
//! run, times lie in the range that was measured on real servers, widened by a fifth.
//!
//! T is the election time-out; of ZooKeeper syncLimit × tickTime. Where a range follows from the mechanism and is wider than what a few real runs showed,
//! the test says so.

mod chubby;
mod consul;
mod etcd;
mod etcd_cuts;
mod rows;
mod spanner;
mod stage;
mod weather;
mod zookeeper;
