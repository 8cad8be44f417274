//! Names that belong to C, to C++, to systems, or to every emitted library.

/// The functions that every library has besides the model's own: `NAME_create` and so on.
pub const FUNCTIONS: [&str; 10] =
    ["create", "share", "destroy", "init", "init_shared", "reset", "save", "load", "error", "variant"];

/// The types of every library, and the constant that describes it.
pub const TYPES: [&str; 4] = ["ctx", "status", "config", "model"];

/// The macros of every library besides the statuses: `NAME_HASH` and so on.
pub const MACROS: [&str; 10] = [
    "H",
    "HASH",
    "BLOCK",
    "CONFIG",
    "CTX_BYTES",
    "STATE_BYTES",
    "WS_BYTES",
    "STACK_BYTES",
    "SAVE_BYTES",
    "VARIANTS",
];

/// What calls return: `NAME_OK` and so on.
pub const STATUSES: [&str; 12] = [
    "OK",
    "E_NULL",
    "E_DIM",
    "E_INDEX",
    "E_ALIAS",
    "E_ALIGN",
    "E_WORKSPACE",
    "E_NOMEM",
    "E_IMAGE",
    "E_CPU",
    "E_VERSION",
    "E_VARIANT",
];

/// Beginnings of functions, types and macros of C, POSIX or tgc.
pub const PREFIXES: [&str; 19] = [
    "aio", "atomic", "clock", "cnd", "lio", "mq", "mtx", "posix", "pthread", "sched", "sem", "shm", "std",
    "stdc", "sys", "tgc", "thrd", "timer", "tss",
];

/// Headers of C, POSIX and common systems, without `.h`: a library's header of such a name would hide them.
#[rustfmt::skip]
pub const HEADERS: [&str; 79] = [
    "aio", "alloca", "assert", "byteswap", "complex", "cpio", "ctype", "dirent", "dlfcn", "endian", "errno",
    "execinfo", "fcntl", "features", "fenv", "float", "fmtmsg", "fnmatch", "ftw", "glob", "grp", "iconv",
    "ieee754", "inttypes", "iso646", "langinfo", "libgen", "libintl", "limits", "locale", "malloc", "math",
    "memory", "monetary", "mqueue", "ndbm", "netdb", "nl_types", "poll", "pthread", "pwd", "regex",
    "resolv", "sched", "search", "semaphore", "setjmp", "signal", "spawn", "stdalign", "stdarg",
    "stdatomic", "stdbit", "stdbool", "stdckdint", "stddef", "stdint", "stdio", "stdlib", "stdnoreturn",
    "string", "strings", "stropts", "syslog", "tar", "termios", "tgmath", "threads", "time", "trace",
    "uchar", "ulimit", "unistd", "utime", "utmpx", "values", "wchar", "wctype", "wordexp",
];

/// Words of C or C++.
#[rustfmt::skip]
pub const KEYWORDS: [&str; 99] = [
    "alignas", "alignof", "and", "and_eq", "asm", "auto", "bitand", "bitor", "bool", "break", "case",
    "catch", "char", "char16_t", "char32_t", "char8_t", "class", "co_await", "co_return", "co_yield",
    "compl", "concept", "const", "const_cast", "consteval", "constexpr", "constinit", "continue",
    "decltype", "default", "delete", "do", "double", "dynamic_cast", "else", "enum", "explicit", "export",
    "extern", "false", "float", "for", "fortran", "friend", "goto", "if", "import", "inline", "int", "long",
    "module", "mutable", "namespace", "new", "noexcept", "not", "not_eq", "nullptr", "operator", "or",
    "or_eq", "override", "private", "protected", "public", "register", "reinterpret_cast", "requires",
    "restrict", "return", "short", "signed", "sizeof", "static", "static_assert", "static_cast", "struct",
    "switch", "template", "this", "thread_local", "throw", "true", "try", "typedef", "typeid", "typename",
    "typeof", "typeof_unqual", "union", "unsigned", "using", "virtual", "void", "volatile", "wchar_t",
    "while", "xor", "xor_eq",
];

/// Macros of C's, POSIX's and Linux's headers that have the form of a name of ours and do not begin with one
/// of [`PREFIXES`] as the library's name: a model `R` would define `R_OK`, a size `NAME` of a model `HOST`
/// the macro `HOST_NAME_MAX`. Sorted.
#[rustfmt::skip]
pub const SYSTEM: [&str; 181] = [
    "AIO_PRIO_DELTA_MAX", "BC_BASE_MAX", "BC_DIM_MAX", "BC_SCALE_MAX", "BC_STRING_MAX",
    "CHARCLASS_NAME_MAX", "COLL_WEIGHTS_MAX", "DBL_TRUE_MIN", "EXPR_NEST_MAX", "FLT_TRUE_MIN", "F_OK",
    "HOST_NAME_MAX", "INT_FAST16_MAX", "INT_FAST16_MIN", "INT_FAST32_MAX", "INT_FAST32_MIN",
    "INT_FAST64_MAX", "INT_FAST64_MIN", "INT_FAST8_MAX", "INT_FAST8_MIN", "INT_LEAST16_MAX",
    "INT_LEAST16_MIN", "INT_LEAST32_MAX", "INT_LEAST32_MIN", "INT_LEAST64_MAX", "INT_LEAST64_MIN",
    "INT_LEAST8_MAX", "INT_LEAST8_MIN", "IN_CLASSA_MAX", "IN_CLASSB_MAX", "LDBL_TRUE_MIN", "LOGIN_NAME_MAX",
    "LONG_LONG_MAX", "LONG_LONG_MIN", "MB_CUR_MAX", "MB_LEN_MAX", "MM_OK", "M_ARENA_MAX", "M_MMAP_MAX",
    "PR_SCHED_CORE_MAX", "RE_DUP_MAX", "RLIM_SAVED_MAX", "R_OK", "SIG_ATOMIC_MAX", "SIG_ATOMIC_MIN",
    "SIG_BLOCK", "SYSCALL_DISPATCH_FILTER_BLOCK", "SYS_epoll_create", "SYS_fanotify_init",
    "SYS_inotify_init", "SYS_io_destroy", "SYS_kexec_file_load", "SYS_kexec_load", "SYS_memfd_create",
    "SYS_timer_create", "SYS_timerfd_create", "TCP_COOKIE_MAX", "TCP_COOKIE_MIN", "TTY_NAME_MAX",
    "UINT_FAST16_MAX", "UINT_FAST32_MAX", "UINT_FAST64_MAX", "UINT_FAST8_MAX", "UINT_LEAST16_MAX",
    "UINT_LEAST32_MAX", "UINT_LEAST64_MAX", "UINT_LEAST8_MAX", "ULONG_LONG_MAX", "W_OK", "XATTR_LIST_MAX",
    "XATTR_NAME_MAX", "XATTR_SIZE_MAX", "X_OK", "and_eq", "assert_perror", "atomic_compare_exchange_strong",
    "atomic_compare_exchange_strong_explicit", "atomic_compare_exchange_weak",
    "atomic_compare_exchange_weak_explicit", "atomic_fetch_add", "atomic_fetch_add_explicit",
    "atomic_fetch_and_explicit", "atomic_fetch_or_explicit", "atomic_fetch_sub",
    "atomic_fetch_sub_explicit", "atomic_fetch_xor_explicit", "atomic_flag_clear",
    "atomic_flag_clear_explicit", "atomic_flag_test_and_set", "atomic_flag_test_and_set_explicit",
    "atomic_is_lock_free", "atomic_signal_fence", "atomic_thread_fence", "d_fileno", "fmaximum_mag",
    "fmaximum_mag_num", "fmaximum_num", "fminimum_mag", "fminimum_mag_num", "fminimum_num", "h_addr",
    "h_errno", "ifa_broadaddr", "ifa_dstaddr", "ifc_buf", "ifc_req", "ifr_addr", "ifr_bandwidth",
    "ifr_broadaddr", "ifr_data", "ifr_dstaddr", "ifr_flags", "ifr_hwaddr", "ifr_ifindex", "ifr_map",
    "ifr_metric", "ifr_mtu", "ifr_name", "ifr_netmask", "ifr_newname", "ifr_qlen", "ifr_slave", "isalnum_l",
    "isalpha_l", "isascii_l", "isblank_l", "iscntrl_l", "isdigit_l", "isgraph_l", "islower_l", "isprint_l",
    "ispunct_l", "isspace_l", "isupper_l", "isxdigit_l", "kill_dependency", "math_errhandling",
    "msg_cbytes", "not_eq", "or_eq", "pthread_cleanup_pop", "pthread_cleanup_pop_restore_np",
    "pthread_cleanup_push", "pthread_cleanup_push_defer_np", "s6_addr", "s6_addr16", "s6_addr32",
    "sa_handler", "sa_sigaction", "si_addr", "si_addr_lsb", "si_arch", "si_band", "si_call_addr", "si_fd",
    "si_lower", "si_overrun", "si_pid", "si_pkey", "si_ptr", "si_status", "si_stime", "si_syscall",
    "si_timerid", "si_uid", "si_upper", "si_utime", "si_value", "sigev_notify_attributes",
    "sigev_notify_function", "st_atime", "st_ctime", "st_mtime", "static_assert", "thread_local",
    "toascii_l", "va_arg", "va_copy", "va_end", "va_start", "xor_eq",
];
