//! netscan
