//! Arrays from files that NumPy wrote (`data/files/generate.py`), and what is said of files that hold none.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use half::{bf16, f16};
use num_complex::Complex;
use tgc_graph::array::{Array, Scalar};
use tgc_graph::dtype::DType;

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/files").join(name)
}

/// The numbers from 0 to 11, or whether they are not 0, as elements of a type.
fn counting(dtype: DType, shape: &[usize]) -> Array {
    fn of<T: Scalar>(shape: &[usize], element: impl Fn(u8) -> T) -> Array {
        Array::from_slice(shape, &(0..12).map(element).collect::<Vec<T>>())
    }
    match dtype {
        DType::Bool => of(shape, |i| i != 0),
        DType::I8 => of(shape, |i| i as i8),
        DType::I16 => of(shape, i16::from),
        DType::I32 => of(shape, i32::from),
        DType::I64 => of(shape, i64::from),
        DType::U8 => of(shape, |i| i),
        DType::U16 => of(shape, u16::from),
        DType::U32 => of(shape, u32::from),
        DType::U64 => of(shape, u64::from),
        DType::F16 => of(shape, f16::from),
        DType::BF16 => of(shape, bf16::from),
        DType::F32 => of(shape, f32::from),
        DType::F64 => of(shape, f64::from),
        DType::C64 => of(shape, |i| Complex::new(f32::from(i), f32::from(i))),
        DType::C128 => of(shape, |i| Complex::new(f64::from(i), f64::from(i))),
    }
}

#[test]
fn every_type_order_and_layout_of_numpy_is_read() {
    let arrays = Array::from_npz(data("types.npz")).unwrap();
    assert_eq!(arrays.len(), 14 * 4 + 2);
    let mut types: Vec<DType> = vec![];
    for (name, array) in &arrays {
        assert_eq!(*array, counting(array.dtype(), &[2, 3, 2]), "{name}");
        assert_eq!(Array::from_npz_entry(data("types.npz"), name).unwrap(), *array);
        types.push(array.dtype());
    }
    types.sort();
    types.dedup();
    assert_eq!(types, DType::ALL);
}

#[test]
fn shapes_of_numpy_are_read() {
    let arrays = Array::from_npz(data("shapes.npz")).unwrap();
    let many: Vec<i16> = (0..256).collect();
    let want: BTreeMap<String, Array> = [
        ("empty", Array::zeros::<f32>([0, 3])),
        ("empty_columns", Array::zeros::<f64>([3, 0, 2])),
        ("rank8", Array::from_slice([2; 8], &many)),
        ("rank8_columns", Array::from_slice([2; 8], &many)),
        ("scalar", 2.5.into()),
        ("version2", [0i64, 1, 2].into()),
        ("version3", [0i64, 1, 2].into()),
    ]
    .map(|(name, array)| (name.to_owned(), array))
    .into();
    assert_eq!(arrays, want);
    assert_eq!(Array::from_npy(data("matrix.npy")).unwrap(), [[0.0f32, 1.0, 2.0], [3.0, 4.0, 5.0]].into());
    let saved = Array::from_npz(data("savez.npz")).unwrap();
    assert_eq!([&saved["w"], &saved["b"]], [&[[1.0f32, 2.0], [3.0, 4.0]].into(), &0.5.into()]);
    let saved = Array::from_npz(data("savez_compressed.npz")).unwrap();
    assert_eq!(
        [&saved["zeros"], &saved["n"]],
        [&Array::zeros::<f64>([100, 1000]), &[0i64, 1, 2, 3, 4].into()]
    );
}

#[test]
fn what_is_written_reads_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    for dtype in DType::ALL {
        for shape in [&[][..], &[1], &[0, 4], &[2, 3, 2], &[12]] {
            let whole = counting(dtype, &[12]);
            let bytes = shape.iter().product::<usize>() * dtype.bytes();
            let array = Array::from_bytes(dtype, shape, &whole.bytes()[..bytes]).unwrap();
            array.to_npy(&path).unwrap();
            assert_eq!(Array::from_npy(&path).unwrap(), array);
            let file = std::fs::read(&path).unwrap();
            assert_eq!(file, array.npy_bytes());
            assert_eq!((file.len() - array.bytes().len()) % 64, 0);
        }
    }
    // NumPy writes the same bytes.
    let file = std::fs::read(data("matrix.npy")).unwrap();
    assert_eq!(Array::from([[0.0f32, 1.0, 2.0], [3.0, 4.0, 5.0]]).npy_bytes(), file);
}

#[test]
fn every_type_of_safetensors_is_read() {
    let tensors = Array::from_safetensors(data("types.safetensors")).unwrap();
    assert_eq!(tensors["scalar"], 2.5.into());
    assert_eq!(tensors["größe 😀"], [7u8].into());
    assert_eq!(tensors["empty"], Array::zeros::<f32>([0, 3]));
    let mut types: Vec<DType> = vec![];
    for (name, array) in tensors.iter().filter(|(_, array)| array.len() == 12) {
        assert_eq!(*array, counting(array.dtype(), &[4, 3]), "{name}");
        assert_eq!(Array::from_safetensors_entry(data("types.safetensors"), name).unwrap(), *array);
        types.push(array.dtype());
    }
    types.sort();
    // The format has no pairs of f64.
    assert_eq!(types, DType::ALL[..14]);
    assert_eq!(Array::from_safetensors_entry(data("eight_bits.safetensors"), "b").unwrap(), [1.5f32].into());
}

#[test]
fn what_numpy_writes_besides_numbers_is_refused() {
    let cases = [
        ("rank9", "there is an array of 9 axes; reshape it to at most 8"),
        ("objects", "its elements are objects (`|O`); save numbers, as x.astype(np.float64)"),
        ("texts", "its elements are texts (`<U2`); save numbers, as x.astype(np.float64)"),
        ("bytes", "its elements are texts (`|S2`); save numbers, as x.astype(np.float64)"),
        ("times", "its elements are times (`<M8[D]`); save numbers, as x.astype(np.int64)"),
        ("fields", "its elements have fields; save each of them, x['name'], by itself"),
        ("extended", "its elements are floats of another width (`<f16`); save x.astype(np.float64)"),
        ("opaque", "its elements are opaque (`|V3`); save numbers, as x.astype(np.float64)"),
    ];
    let path = data("refused.npz");
    for (name, want) in cases {
        let error = Array::from_npz_entry(&path, name).unwrap_err().to_string();
        assert_eq!(error, format!("cannot read {}: in `{name}`, {want}", path.display()));
    }
}

/// What is said of a file of these bytes, without its name.
fn refused<T: std::fmt::Debug>(
    bytes: &[u8],
    read: fn(PathBuf) -> Result<T, tgc_graph::array::ArrayFileError>,
) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, bytes).unwrap();
    let error = read(path.clone()).unwrap_err().to_string();
    error.strip_prefix(&format!("cannot read {}: ", path.display())).unwrap().to_owned()
}

fn npy(head: &str, data: &[u8]) -> Vec<u8> {
    let length = (head.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\0".as_slice(), &length, head.as_bytes(), data].concat()
}

#[test]
fn damaged_npy_files_are_refused() {
    let head = |descr: &str, shape: &str| {
        format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({shape})}}")
    };
    let no_head = "its head is no dictionary of `descr`, `fortran_order` and `shape`; copy or save it again";
    let cases: [(Vec<u8>, &str); 13] = [
        (vec![], "it is no .npy file; save one with np.save"),
        (b"PK\x03\x04 and so on".to_vec(), "it is no .npy file; save one with np.save"),
        (b"\x93NUMPY\x01".to_vec(), "it is no .npy file; save one with np.save"),
        (b"\x93NUMPY\x01\0\x09".to_vec(), "it ends early; copy or save it again"),
        (
            b"\x93NUMPY\x04\0\0\0\0\0".to_vec(),
            "it has version 4 of the format; save it with np.save, which writes versions 1 to 3",
        ),
        (b"\x93NUMPY\x02\0\xff\xff\xff\xff".to_vec(), "its head has 4294967295 bytes; copy or save it again"),
        (npy("{'descr': '<f4'}", &[]), no_head),
        (npy("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", &[]), no_head),
        (
            npy(&head("<f4", "2,"), &[0; 7]),
            "there are 7 bytes of data and f32[2] needs 8; copy or save it again",
        ),
        (
            npy(&head("<f4", "2,"), &[0; 9]),
            "there are 9 bytes of data and f32[2] needs 8; copy or save it again",
        ),
        (
            npy(&head("<f8", "1152921504606846976, 16"), &[0; 8]),
            "there are 8 bytes of data and f64[1152921504606846976,16] needs more than there can be; copy or save \
             it again",
        ),
        (
            npy(&head("<f8", "1152921504606846976, 0"), &[]),
            "there are 0 bytes of data and f64[1152921504606846976,0] needs more than there can be; copy or save \
             it again",
        ),
        (npy(&head("|b1", "2,"), &[1, 2]), "a bool is neither 0 nor 1; copy or save it again"),
    ];
    for (bytes, want) in cases {
        assert_eq!(refused(&bytes, Array::from_npy), want, "{:?}", String::from_utf8_lossy(&bytes));
    }
    let error = Array::from_npy(data("")).unwrap_err().to_string();
    assert_eq!(error, format!("cannot read {}: it is no regular file; name one", data("").display()));
    let error = Array::from_npy("/nowhere/x.npy").unwrap_err().to_string();
    assert!(error.starts_with("cannot read /nowhere/x.npy: "), "{error}");
    let error = Array::from(1.5).to_npy("/nowhere/x.npy").unwrap_err().to_string();
    assert!(error.starts_with("cannot write /nowhere/x.npy: "), "{error}");
}

#[test]
fn damaged_npz_files_are_refused() {
    let good = std::fs::read(data("savez_compressed.npz")).unwrap();
    let no_file = refused(b"\x93NUMPY", Array::from_npz);
    assert!(
        no_file.starts_with("it is no .npz file (") && no_file.ends_with("; save one with np.savez"),
        "{no_file}"
    );
    let unknown = Array::from_npz_entry(data("savez.npz"), "v").unwrap_err().to_string();
    assert!(unknown.ends_with("there is no array `v`; it has b, w"), "{unknown}");
    // Each cut and each changed byte is refused or, outside of what is covered by checksums, does no harm.
    let want = Array::from_npz(data("savez_compressed.npz")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.npz");
    let mut harmless = 0;
    for at in 0..good.len() {
        std::fs::write(&path, &good[..at]).unwrap();
        assert!(Array::from_npz(&path).is_err(), "cut at {at}");
        let mut changed = good.clone();
        changed[at] ^= 0x55;
        std::fs::write(&path, &changed).unwrap();
        if let Ok(arrays) = Array::from_npz(&path) {
            // Names in the directory are not covered.
            let known = |array: &Array| want.values().any(|other| other == array);
            assert!(arrays.values().all(known), "changed at {at}");
            harmless += 1;
        }
    }
    assert!(harmless < good.len() / 2, "{harmless} of {}", good.len());
    // A short stream that says it is long.
    let sizes = 800_128u32.to_le_bytes();
    let mut bomb = good.clone();
    let found: Vec<usize> = (0..bomb.len() - 4).filter(|i| bomb[*i..*i + 4] == sizes).collect();
    assert!(!found.is_empty());
    for at in found {
        bomb[at..at + 4].copy_from_slice(&0xffff_fff0u32.to_le_bytes());
    }
    let error = refused(&bomb, Array::from_npz);
    assert_eq!(error, "in `zeros`, it says 4294967280 bytes, which it cannot have; copy or save it again");
}

#[test]
fn damaged_safetensors_files_are_refused() {
    let file = |json: &str, data: &[u8]| {
        [(json.len() as u64).to_le_bytes().as_slice(), json.as_bytes(), data].concat()
    };
    let tensor = |dtype: &str, shape: &str, end: &str| {
        format!("{{\"w\":{{\"dtype\":\"{dtype}\",\"shape\":[{shape}],\"data_offsets\":[0,{end}]}}}}")
    };
    let read = |path: PathBuf| Array::from_safetensors(&path);
    let cut_off = "it is no safetensors file, or it is cut off; copy or save it again";
    assert_eq!(refused(b"short", read), "it ends early; copy or save it again");
    assert_eq!(refused(b"longer than eight", read), cut_off);
    assert_eq!(refused(&[255; 100], read), cut_off);
    let few = refused(&file(&tensor("F32", "2", "8"), &[0; 7]), read);
    assert_eq!(few, "there are 7 bytes of data and its head says 8; copy or save it again");
    let head =
        "its head does not give a `dtype`, `shape` and `data_offsets` for each name; copy or save it again";
    let deep = format!("{{\"w\":{}", "[".repeat(100_000));
    for json in ["", "{", "[]", "{\"w\":{}}", &tensor("F32", "-2", "8"), &tensor("F32", "2", "8,9"), &deep] {
        assert_eq!(refused(&file(json, &[0; 9]), read), head, "{json:.40?}");
    }
    let huge = refused(&file(&tensor("F32", "1152921504606846976,16", "8"), &[0; 8]), read);
    assert_eq!(
        huge,
        "in `w`, there are 8 bytes of data and f32[1152921504606846976,16] needs more than there can be; copy or \
         save it again"
    );
    let gap = tensor("F32", "2", "8").replace("[0,", "[1,");
    let gap = refused(&file(&gap, &[0; 8]), read);
    assert_eq!(gap, "in `w`, it starts elsewhere than the one before ends; copy or save it again");
    let twice = "{\"w\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}";
    let twice = refused(&file(&format!("{twice},{}}}", &twice[1..]), &[]), read);
    assert_eq!(twice, "`w` is there twice; copy or save it again");
    let backward = refused(&file(&tensor("F32", "2", "18446744073709551615"), &[0; 8]), read);
    assert_eq!(
        backward,
        "there are 8 bytes of data and its head says 18446744073709551615; copy or save it again"
    );
    let many = refused(&file(&tensor("F32", "1,1,1,1,1,1,1,1,1", "4"), &[0; 4]), read);
    assert_eq!(many, "in `w`, there is an array of 9 axes; reshape it to at most 8");
    let bools = refused(&file(&tensor("BOOL", "1", "1"), &[2]), read);
    assert_eq!(bools, "in `w`, a bool is neither 0 nor 1; copy or save it again");
    let eight = Array::from_safetensors(data("eight_bits.safetensors")).unwrap_err().to_string();
    assert!(eight.ends_with("in `w`, the elements are `F8_E4M3`; save them as one of BOOL, I8 to I64, U8 to U64, F16, BF16, F32, F64, C64"), "{eight}");
    let unknown = Array::from_safetensors_entry(data("eight_bits.safetensors"), "v").unwrap_err().to_string();
    assert!(unknown.ends_with("there is no array `v`; it has b, w"), "{unknown}");
}

#[test]
fn arrays_of_ndarray_are_taken_however_they_lie() {
    let x = ndarray::Array3::from_shape_fn((2, 3, 4), |(i, j, k)| (i * 12 + j * 4 + k) as i32);
    let rows: Vec<i32> = (0..24).collect();
    assert_eq!(Array::from(&x), Array::from_slice([2, 3, 4], &rows));
    let turned = x.view().permuted_axes([2, 0, 1]);
    let array = Array::from(&turned);
    assert_eq!(array.shape(), [4, 2, 3]);
    assert_eq!(array.to_ndarray::<i32>().unwrap(), turned.into_dyn());
    assert_eq!(array.to_ndarray::<f32>(), None);
    let every_other = x.slice(ndarray::s![1, ..;-2, 1..2]);
    assert_eq!(Array::from(every_other), [[21], [13]].into());
    assert_eq!(Array::from(ndarray::arr0(true)), true.into());
    assert_eq!(Array::from(ndarray::Array2::<f64>::zeros((0, 3))), Array::zeros::<f64>([0, 3]));
    let complex = ndarray::arr1(&[Complex::new(1.0f32, -2.0)]).into_shared();
    assert_eq!(Array::from(complex), [Complex::new(1.0f32, -2.0)].into());
}
